/* ics_check.c -- calendars (files on the command line) by libical's own eyes: what its parser marks
 * as an error, and what RFC 5546 restricts. Its table for calendars without METHOD is nearly empty,
 * so they are held to that of PUBLISH too, with the ORGANIZER that it wants (a to-do also gets a
 * DTSTART and a PRIORITY). One line a finding; exit status 1 when there are any. */
#include <libical/ical.h>

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char *read_all(const char *path)
{
	FILE *f = fopen(path, "rb");
	size_t n = 0, cap = 1 << 16;
	char *text = malloc(cap + 1);
	for (size_t got; f && text && (got = fread(text + n, 1, cap - n, f)) > 0;) {
		n += got;
		if (n == cap)
			text = realloc(text, (cap *= 2) + 1);
	}
	if (!f || !text)
		return NULL;
	text[n] = '\0';
	(void)fclose(f);
	return strlen(text) == n ? text : NULL; /* a NUL is no text */
}

static int print_errors(const char *path, icalcomponent *component)
{
	int n = 0;
	for (icalproperty *p = icalcomponent_get_first_property(component, ICAL_XLICERROR_PROPERTY);
	     p; p = icalcomponent_get_next_property(component, ICAL_XLICERROR_PROPERTY), n++)
		printf("%s: %s: %s\n", path,
		       icalcomponent_kind_to_string(icalcomponent_isa(component)),
		       icalproperty_get_xlicerror(p));
	for (icalcomponent *c = icalcomponent_get_first_component(component, ICAL_ANY_COMPONENT); c;
	     c = icalcomponent_get_next_component(component, ICAL_ANY_COMPONENT))
		n += print_errors(path, c);
	return n;
}

/* What its table for PUBLISH asks for and a feed has no use for. */
static void publish(icalcomponent *calendar)
{
	icalcomponent_add_property(calendar, icalproperty_new_method(ICAL_METHOD_PUBLISH));
	for (icalcomponent *c = icalcomponent_get_first_component(calendar, ICAL_ANY_COMPONENT); c;
	     c = icalcomponent_get_next_component(calendar, ICAL_ANY_COMPONENT)) {
		bool todo = icalcomponent_isa(c) == ICAL_VTODO_COMPONENT;
		if (!todo && icalcomponent_isa(c) != ICAL_VEVENT_COMPONENT)
			continue;
		icalcomponent_add_property(c, icalproperty_new_organizer("mailto:x@x.example"));
		if (todo) {
			icaltimetype due = icalcomponent_get_due(c);
			icalcomponent_add_property(c, icalproperty_new_dtstart(due));
			icalcomponent_add_property(c, icalproperty_new_priority(0));
		}
	}
}

static int check(const char *path)
{
	char *text = read_all(path);
	icalcomponent *calendar = text ? icalparser_parse_string(text) : NULL;
	int n = 0;
	if (!calendar || icalcomponent_isa(calendar) != ICAL_VCALENDAR_COMPONENT) {
		printf("%s: not one calendar\n", path);
		n = 1;
	} else {
		bool fine = icalrestriction_check(calendar) != 0;
		if (icalcomponent_get_method(calendar) == ICAL_METHOD_NONE) {
			publish(calendar);
			fine &= icalrestriction_check(calendar) != 0;
		}
		n = print_errors(path, calendar);
		if (!fine && n == 0) {
			printf("%s: a restriction is broken\n", path);
			n = 1;
		}
	}
	if (calendar)
		icalcomponent_free(calendar);
	free(text);
	return n;
}

int main(int argc, char **argv)
{
	int n = 0;
	icalerror_set_errors_are_fatal(0);
	for (int i = 1; i < argc; i++)
		n += check(argv[i]);
	return n > 0;
}
