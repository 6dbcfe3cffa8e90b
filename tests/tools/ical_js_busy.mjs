/* ical_js_busy.mjs -- node ical_js_busy.mjs ICAL_JS TO FILE [TO FILE]...: what ical.js makes of
 * each calendar, one line of JSON a file: {"occurrences": [...]} or {"error": "..."}.
 *
 * An occurrence has start and end (wall clock, 2026-03-02T09:00:00, or a date), zone (the TZID,
 * "UTC", or null: floating) and, where the file's own VTIMEZONE was read, utc: the moments as
 * ical.js reckons them. TO is a date: iteration stops a day behind it. Cancelled events and those
 * that Outlook calls FREE are left out; a timed event without end gets 50 minutes. */
import { readFileSync } from "node:fs";
import { pathToFileURL } from "node:url";

const [lib, ...words] = process.argv.slice(2);
const ICAL = (await import(pathToFileURL(lib))).default;
const SECONDS = 3; /* a file: ical.js has no limits of its own */
let deadline = 0;

function text(bytes) {
  if (bytes[1] === 0 && bytes[0] !== 0) return new TextDecoder("utf-16le").decode(bytes);
  return new TextDecoder("utf-8").decode(bytes);
}

const free = (component) =>
  component.getFirstPropertyValue("status") === "CANCELLED" ||
  String(component.getFirstPropertyValue("x-microsoft-cdo-busystatus")).toUpperCase() === "FREE";

function note(out, component, start, end) {
  if (free(component)) return;
  const tzid = component.getFirstProperty("dtstart")?.getParameter("tzid") ?? null;
  const known = tzid && ICAL.TimezoneService.has(tzid);
  const utc = (t) => t.toUnixTime();
  out.push({
    start: start.toString().replace("Z", ""),
    end: end.toString().replace("Z", ""),
    zone: start.isDate ? null : start.zone === ICAL.Timezone.utcTimezone ? "UTC" : tzid,
    utc: known && !start.isDate ? [utc(start), utc(end)] : null,
  });
}

function withEnd(component) {
  const start = component.getFirstProperty("dtstart");
  if (start && !component.hasProperty("dtend") && !component.hasProperty("duration") &&
      !component.hasProperty("recurrence-id") && start.getFirstValue().isDate === false)
    component.addPropertyWithValue("duration", ICAL.Duration.fromSeconds(3000));
}

function expandUid(components, last, out) {
  const masters = components.filter((c) => !c.hasProperty("recurrence-id"));
  const overrides = components.filter((c) => c.hasProperty("recurrence-id"));
  const newest = (list) =>
    list.reduce((a, b) => ((b.getFirstPropertyValue("sequence") ?? 0) >=
                           (a.getFirstPropertyValue("sequence") ?? 0) ? b : a));
  if (masters.length === 0) {
    for (const c of overrides) {
      const e = new ICAL.Event(c);
      note(out, c, e.startDate, e.endDate);
    }
    return;
  }
  const master = newest(masters);
  const event = new ICAL.Event(master, { exceptions: overrides });
  if (!event.isRecurring()) {
    note(out, master, event.startDate, event.endDate);
    return;
  }
  const seen = new Set();
  const iterator = event.iterator();
  for (let next; (next = iterator.next());) {
    if (Date.now() > deadline) throw new Error(`more than ${SECONDS} s`);
    const details = event.getOccurrenceDetails(next);
    seen.add(details.recurrenceId.toString());
    if (next.compare(last) > 0) break;
    note(out, details.item.component, details.startDate, details.endDate);
  }
  for (const c of overrides) {
    const e = new ICAL.Event(c);
    if (!seen.has(e.recurrenceId.toString())) note(out, c, e.startDate, e.endDate);
  }
}

function read(to, file) {
  const out = [];
  deadline = Date.now() + 1000 * SECONDS;
  const last = ICAL.Time.fromDateString(to);
  last.day += 1;
  ICAL.TimezoneService.reset();
  let root = ICAL.parse(text(readFileSync(file)));
  if (typeof root[0] === "string") root = [root];
  for (const jcal of root) {
    const calendar = new ICAL.Component(jcal);
    for (const zone of calendar.getAllSubcomponents("vtimezone"))
      ICAL.TimezoneService.register(zone);
    const byUid = new Map();
    calendar.getAllSubcomponents("vevent").forEach((c, i) => {
      withEnd(c);
      const uid = c.getFirstPropertyValue("uid") ?? `line ${i}`;
      byUid.set(uid, [...(byUid.get(uid) ?? []), c]);
    });
    for (const components of byUid.values()) expandUid(components, last, out);
  }
  return out;
}

for (let i = 0; i < words.length; i += 2) {
  let line;
  try {
    line = { occurrences: read(words[i], words[i + 1]) };
  } catch (e) {
    line = { error: String(e.message ?? e).slice(0, 200) };
  }
  process.stdout.write(`${JSON.stringify(line)}\n`);
}
