// MJML on standard input, HTML on standard output, by the official engine, without minifying.
import { readFileSync } from "node:fs";
import mjml2html from "mjml";

const { html, errors } = await mjml2html(readFileSync(0, "utf8"), { validationLevel: "soft" });
for (const error of errors) console.error(error.formattedMessage);
process.stdout.write(html);
process.exitCode = errors.length ? 1 : 0;
