/* The desk with JavaScript: nothing is lost on leaving, Ctrl+S saves, figures move by themselves.
   Without this file every page works all the same. */
"use strict";

(function () {
  const form = document.querySelector("form[data-keep]");

  function keepWords() {
    let dirty = form.hasAttribute("data-dirty");
    const word = form.querySelector("[data-dirty-word]");
    const show = () => { if (word) word.hidden = !dirty; };
    form.addEventListener("input", () => { dirty = true; show(); });
    form.addEventListener("submit", () => { dirty = false; });
    window.addEventListener("beforeunload", (event) => {
      if (!dirty) return;
      event.preventDefault();
      event.returnValue = form.dataset.keep;
    });
    document.addEventListener("keydown", (event) => {
      const save = form.querySelector('button[value="save"]');
      if (!save || event.key.toLowerCase() !== "s" || !(event.ctrlKey || event.metaKey) || event.altKey) return;
      event.preventDefault();
      form.requestSubmit(save);
    });
    show();
  }

  /* Saved in the middle of a long issue, the page comes back where it was left, not at its top; but
     what was refused says so at the top, and must not look as if it were saved. */
  function keepPlace() {
    const key = "place:" + location.pathname;
    const place = sessionStorage.getItem(key);
    sessionStorage.removeItem(key);
    if (place && !location.hash && !document.querySelector(".summary")) window.scrollTo({ top: Number(place), behavior: "instant" });
    form.addEventListener("submit", (event) => {
      if (event.submitter && event.submitter.value === "save") sessionStorage.setItem(key, window.scrollY);
    });
  }

  function openTarget() {
    const target = document.getElementById(decodeURIComponent(location.hash.slice(1)));
    if (!target) return;
    const details = target.closest("details");
    if (details) details.open = true;
    target.focus({ preventScroll: true });
    target.scrollIntoView({ block: "start" });
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest("button[data-ask]");
    if (button && !window.confirm(button.dataset.ask)) event.preventDefault();
  });

  document.addEventListener("submit", (event) => {
    const button = event.target.querySelector("button[data-once]");
    if (button) setTimeout(() => { button.disabled = true; }, 0);
  });

  function say(section, what) {
    section.querySelector("[data-say]").textContent = section.getAttribute("data-say-" + what);
  }

  const moved = "moved:" + location.pathname;

  function showMove() {
    sessionStorage.setItem(moved, "yes");
    location.reload();
  }

  /* Only what changes in a page that stands is spoken, so the new state is said after it was loaded. */
  function sayMove(section) {
    const was = sessionStorage.getItem(moved);
    sessionStorage.removeItem(moved);
    if (was) setTimeout(() => say(section, "state"), 500);
  }

  function quarter(progress) {
    return Math.floor((4 * progress.value) / progress.max);
  }

  const spoken = document.documentElement.lang;
  const digits = new Intl.NumberFormat(spoken);
  const plural = new Intl.PluralRules(spoken);

  function write(progress, figures) {
    document.querySelectorAll("[data-figure]").forEach((place) => {
      const figure = figures[place.dataset.figure];
      place.textContent = digits.format(figure);
      const name = place.nextElementSibling;
      if (name) name.textContent = plural.select(figure) === "one" ? name.dataset.one : name.dataset.other;
    });
    progress.max = figures.planned || 1;
    progress.value = figures.done;
  }

  async function follow(section) {
    const progress = section.querySelector("progress");
    const asked = performance.now();
    let answer;
    try {
      answer = await fetch(section.dataset.figures, { headers: { Accept: "application/json" } });
    } catch {
      // The network is away for a moment; the next look may find it again.
      setTimeout(() => follow(section), 5000);
      return;
    }
    if (!answer.ok || answer.redirected) { location.reload(); return; }
    const figures = await answer.json();
    const troubled = section.hasAttribute("data-trouble");
    const stands = figures.state === section.dataset.state && Boolean(figures.trouble) === troubled;
    if (!stands || figures.is_over) { showMove(); return; }
    const before = quarter(progress);
    write(progress, figures);
    if (quarter(progress) !== before && quarter(progress) % 4) say(section, quarter(progress));
    // A million copies take a while to count: looking takes a tenth of the server's time at the most.
    setTimeout(() => follow(section), Math.max(2000, 9 * (performance.now() - asked)));
  }

  if (form) { keepWords(); keepPlace(); }
  window.addEventListener("hashchange", openTarget);
  if (location.hash) openTarget();
  const section = document.querySelector("[data-figures]");
  if (section) sayMove(section);
  if (section && !("over" in section.dataset)) setTimeout(() => follow(section), 1000);
})();
