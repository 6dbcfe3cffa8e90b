"""eds-client.py -- a client of evolution-data-server, as GNOME's calendar is one. Reads commands on
stdin, a line each: "refresh" asks the server again; "rows", "todos" and "alarms" print what is shown,
as JSON."""
import json
import sys

import gi

gi.require_version("EDataServer", "1.2")
gi.require_version("ECal", "2.0")
gi.require_version("ICalGLib", "3.0")
from gi.repository import ECal, EDataServer, ICalGLib  # noqa: E402

registry = EDataServer.SourceRegistry.new_sync(None)
source = registry.ref_source("tandem")
client = ECal.Client.connect_sync(source, ECal.ClientSourceType.EVENTS, 15, None)
tasks = None


def moment(when):
    """Seconds since 1970, by the zone that the data server keeps for this event; or a day."""
    if when.get_value().is_date():
        return when.get_value().as_ical_string()
    found, zone = client.get_timezone_sync(when.get_tzid(), None)
    assert found, when.get_tzid()
    return when.get_value().as_timet_with_zone(zone)


def rows():
    _, components = client.get_object_list_as_comps_sync("#t", None)
    return [[moment(c.get_dtstart()), moment(c.get_dtend()), c.get_summary().get_value(),
             c.get_status() == ICalGLib.PropertyStatus.CANCELLED] for c in components]


def todos():
    global tasks
    tasks = tasks or ECal.Client.connect_sync(source, ECal.ClientSourceType.TASKS, 15, None)
    _, components = tasks.get_object_list_as_comps_sync("#t", None)
    return [[c.get_due().get_value().as_ical_string(), c.get_summary().get_value(),
             c.get_percent_complete() == 100,
             c.get_status() == ICalGLib.PropertyStatus.CANCELLED] for c in components]


def alarms():
    _, components = client.get_object_list_as_comps_sync("#t", None)
    return sum(c.has_alarms() for c in components)


def refresh():
    for each in filter(None, (client, tasks)):
        each.refresh_sync(None)  # is done behind our back: whoever asks, asks again
    return []


for command in sys.stdin:
    print(json.dumps({"refresh": refresh, "rows": rows, "todos": todos,
                      "alarms": alarms}[command.strip()]()), flush=True)
