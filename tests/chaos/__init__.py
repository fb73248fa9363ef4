"""What may die while an issue goes out, and what the ledger says afterwards, judged by an oracle.

The oracle is the relay: what it answered with a 250, and nothing else. The short form runs with all
tests; `make chaos` sets HEBDO_CHAOS=long: 10,000 readers, 30 kills, 20 seeds for what happens at random
moments, both databases, each place by its name once before and once behind, and again at its third time.

    what happens                                        test
    --------------------------------------------------  ------------------------------------------
    kill -9 again and again in one send                 test_kills, forked workers; and nodes with
                                                          their Celery: test_workers: kill_9_...
    SIGTERM at any moment                               test_workers: ..._asked_to_stop_leaves_...
    broker flushed, killed, stopped, absent             test_broker: one each
    PostgreSQL restarted, crashed                       test_postgresql: fast, immediate
    a worker stopped past its lease, then continued     test_workers: ..._stopped_past_its_lease_...
    a relay: closes at the dot, 421, 451, 550, slow,
      closes every hundred, all of it, down and mended  test_relays: a_relay_that
    smtp-sink's fault switches                          test_sinks: one each
    20 clicks on *send*, 8 sending slots, 3 beats       test_workers: twenty_clicks_...
    unsubscribed, paused, suppressed during the send    test_workers: who_leaves_or_is_left_out_...
    paused, cancelled during the send                   test_workers: paused_and_cancelled_...
    one poison address among a thousand                 test_relays: one_reader_...
    a death at any commit, write of rows, line of the
      journal or word to the relay                      test_places: a_worker_that_dies_at
    a death at a commit beside sending: sweeps, *send*  test_sweeps
    two machines, one lost with its disk                test_machines
"""
