// ical-js.mjs URL -- prints [[start, end, title, status]] as ical.js (also in Thunderbird) reads it.
import ICAL from "ical.js";

const answer = await fetch(process.argv[2]);
if (answer.status !== 200)
  throw new Error(`status ${answer.status}`);
const calendar = new ICAL.Component(ICAL.parse(await answer.text()));
for (const zone of calendar.getAllSubcomponents("vtimezone"))
  ICAL.TimezoneService.register(zone);
const rows = calendar.getAllSubcomponents("vevent").map((component) => {
  const event = new ICAL.Event(component);
  const [start, end] = [event.startDate, event.endDate]
    .map((time) => time.isDate ? time.toString() : time.toJSDate());
  return [start, end, event.summary, component.getFirstPropertyValue("status")];
});
console.log(JSON.stringify(rows));
