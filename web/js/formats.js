// Numbers, sizes, dates and plurals, as the language of the page and the country of the browser have them.
/** The language that the page speaks. */
export const language = document.documentElement.hasAttribute("data-spoken") ? document.documentElement.lang : "en";
/** That language as this browser's person writes it: British English rather than any. */
export const locale = navigator.languages.find((one) => one.split("-")[0] === language) ?? language;

export const plural = new Intl.PluralRules(locale);
export const number = new Intl.NumberFormat(locale);
export const counted = (count, one, many) => `${number.format(count)} ${plural.select(count) === "one" ? one : many}`;

/** A size as people say it, and as the limits are set: 1,024 bytes are a kB. */
export function size(bytes) {
  const units = ["byte", "kilobyte", "megabyte", "gigabyte"];
  let unit = 0;
  while (bytes >= 1000 && unit < units.length - 1) { bytes /= 1024; unit += 1; }
  return new Intl.NumberFormat(locale, { style: "unit", unit: units[unit], unitDisplay: unit ? "short" : "long", maximumFractionDigits: unit && bytes < 10 ? 1 : 0 }).format(bytes);
}

/** An amount of money, with more places where it is small. */
export const dollars = (amount, places = amount && amount < 1 ? 4 : 2) => new Intl.NumberFormat(locale, { style: "currency", currency: "USD", maximumFractionDigits: places }).format(amount);

const full = new Intl.DateTimeFormat(locale, { dateStyle: "medium", timeStyle: "short" });
const hours = new Intl.DateTimeFormat(locale, { timeStyle: "short" });
const days = new Intl.DateTimeFormat(locale, { month: "short", day: "numeric" });
const years = new Intl.DateTimeFormat(locale, { year: "numeric", month: "short", day: "numeric" });
const long = new Intl.DateTimeFormat(locale, { dateStyle: "medium" });
const months = new Intl.DateTimeFormat(locale, { year: "numeric", month: "long" });

export const when = (time) => full.format(new Date(time));
export const clock = (time) => hours.format(new Date(time));
export const longDay = (time) => long.format(new Date(time));
export const monthOf = (time) => months.format(new Date(time));
export const isSameDay = (one, two) => one.toDateString() === two.toDateString();

/** A day, or the time where it is today. */
export function shortDate(time) {
  const [date, now] = [new Date(time), new Date()];
  return isSameDay(date, now) ? hours.format(date) : (date.getFullYear() === now.getFullYear() ? days : years).format(date);
}

/** A time that something took. */
export const seconds = (milliseconds) => new Intl.NumberFormat(locale, { style: "unit", unit: "second", unitDisplay: "short", maximumFractionDigits: milliseconds < 10000 ? 2 : 0 }).format(milliseconds / 1000);

/**
 * Texts in the page's language. `load` fetches those of another language than English, as `words`, or as `text`; where they do not come,
 * and for those that are not there, it is English.
 */
export async function inLanguage(english, load) {
  if (language === "en") return english;
  try {
    const module = await load(language);
    return { ...english, ...(module.words ?? module.text) };
  } catch { return english; }
}
