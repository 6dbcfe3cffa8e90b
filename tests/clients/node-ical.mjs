// node-ical.mjs URL -- prints [[start, end, title, status]] as node-ical fetches and reads it.
import ical from "node-ical";

const calendar = await ical.async.fromURL(process.argv[2]);
const rows = Object.values(calendar).filter((item) => item.type === "VEVENT")
  .map((event) => [...[event.start, event.end].map((time) =>
    event.datetype === "date" ? time.toISOString().slice(0, 10) : time), event.summary, event.status]);
console.log(JSON.stringify(rows));
