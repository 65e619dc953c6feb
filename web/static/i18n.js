// What the page says, in the language of the configuration: the texts come with the page, by key.

const TEXTS = JSON.parse(document.getElementById("texts").textContent);
const LANGUAGE = document.documentElement.lang;
const PLURALS = new Intl.PluralRules(LANGUAGE);
const NUMBERS = new Intl.NumberFormat(LANGUAGE);
const DATES = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "long", timeZone: "UTC" });
const MOMENTS = new Intl.DateTimeFormat(LANGUAGE, { dateStyle: "medium", timeStyle: "short" });

// The text "section.name" with its {placeholders} filled in. One that counts has a form for each plural of the language.
export function t(key, values = {}) {
  const [section, name] = key.split(".");
  let text = TEXTS[section][name];
  if (typeof text === "object") text = text[PLURALS.select(values.count)] ?? text.other;
  return text.replaceAll(/\{(\w+)\}/g, (_, value) => written(values[value]));
}

function written(value) {
  return typeof value === "number" ? NUMBERS.format(value) : value;
}

// A day, of "YYYY-MM-DD", as the language writes it.
export function day(iso) {
  return DATES.format(new Date(iso));
}

// A moment, of milliseconds or an ISO 8601 time, in the reader's own time zone.
export function moment(when) {
  return MOMENTS.format(new Date(when));
}
