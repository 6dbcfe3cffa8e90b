/* draw_words.c -- see the header. */
#include "plan/draw_words.h"

#include <string.h>

/* clang-format off */
static const char *const words[WORDS][2] = {
/*                   LANG_NL                                LANG_EN */
[WORD_OPEN]      = {"open dag",                            "open day"},
[WORD_CLOSED]    = {"gesloten",                            "closed"},
[WORD_WINDOW]    = {"samen vrij",                          "free together"},
[WORD_BUSY]      = {"bezet",                               "busy"},
[WORD_TENTATIVE] = {"onder voorbehoud",                    "tentative"},
[WORD_ASSUMED]   = {"verwacht, zoals in eerdere weken",    "expected, as in earlier weeks"},
[WORD_UNKNOWN]   = {"onbekend",                            "unknown"},
[WORD_OFF]       = {"werkt niet",                          "does not work"},
[WORD_LEFT]      = {"links",                               "left"},
[WORD_RIGHT]     = {"rechts",                              "right"},
[WORD_OPEN_DAYS] = {"open dagen",                          "open days"},
[WORD_LONG_GAP]  = {"tussenpoos langer dan twee keer het ritme", "gap longer than twice the cadence"},
[WORD_TODAY]     = {"vandaag",                             "today"},
[WORD_SESSIONS]  = {"sessies",                             "sessions"},
[WORD_HOURS]     = {"uur",                                 "hours"},
[WORD_LONGEST]   = {"langste tussenpoos",                  "longest gap"},
};
static const char *const kinds[KIND_COUNT][2] = {
[KIND_WORK]       = {"werksessie",  "work session"},
[KIND_VISIT]      = {"lesbezoek",   "lesson visit"},
[KIND_EXPERT]     = {"expert",      "expert"},
[KIND_INTERVISIE] = {"intervisie",  "intervisie"},
[KIND_STEERING]   = {"stuurgroep",  "steering group"},
[KIND_EVALUATION] = {"evaluatie",   "evaluation"},
[KIND_SOLO]       = {"eigen uren",  "own hours"},
};
static const char *const states[STATE_COUNT][2] = {
[STATE_PROVISIONAL] = {"voorlopig",     "provisional"},
[STATE_BOOKED]      = {"ingeroosterd",  "booked"},
[STATE_HELD]        = {"gehouden",      "held"},
[STATE_MISSED]      = {"gemist",        "missed"},
[STATE_CANCELLED]   = {"vervallen",     "cancelled"},
};
static const char *const weekdays[2][7] = {
[LANG_NL] = {"ma", "di", "wo", "do", "vr", "za", "zo"},
[LANG_EN] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"},
};
static const char *const months[2][12] = {
[LANG_NL] = {"jan", "feb", "mrt", "apr", "mei", "jun", "jul", "aug", "sep", "okt", "nov", "dec"},
[LANG_EN] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"},
};
/* clang-format on */

const char *draw_word(enum draw_word word, enum language language)
{
	return words[word][language];
}

const char *draw_kind(enum kind kind, enum language language)
{
	return kinds[kind][language];
}

const char *draw_state(enum state state, enum language language)
{
	return states[state][language];
}

const char *draw_weekday(enum weekday weekday, enum language language)
{
	return weekdays[language][weekday];
}

const char *draw_month(int month, enum language language)
{
	return months[language][month - 1];
}

void draw_date(struct buf *out, day_t date, enum language language)
{
	struct civil c = civil_from_day(date);
	buf_addf(out, "%s %d %s %d", draw_weekday(civil_weekday(date), language), c.day,
		 draw_month(c.month, language), c.year);
}

/* Each level has its own figure: lines, dots, a grid. The ground is the class's colour. */
static const struct {
	const char *name;
	int size, turn; /* units, degrees */
	const char *path;
} hatchings[] = {
	{"busy", 3, 45, "M0 0v3"},    {"tentative", 4, 0, "M1 1h1v1h-1z"},
	{"assumed", 6, 45, "M0 0v6"}, {"unknown", 5, 45, "M0 0h5M0 0v5"},
	{"closed", 5, 0, "M0 2h5"},
};

void draw_hatchings(struct buf *out, const char *prefix)
{
	buf_adds(out, "<defs>\n");
	for (size_t i = 0; i < sizeof hatchings / sizeof *hatchings; i++) {
		int n = hatchings[i].size;
		buf_addf(out,
			 "<pattern id=\"%s-%s\" width=\"%d\" height=\"%d\" "
			 "patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(%d)\">"
			 "<rect class=\"y-ground-%s\" width=\"%d\" height=\"%d\"></rect>"
			 "<path class=\"y-line-%s\" d=\"%s\"></path></pattern>\n",
			 prefix, hatchings[i].name, n, n, hatchings[i].turn, hatchings[i].name, n,
			 n, hatchings[i].name, hatchings[i].path);
	}
	buf_adds(out, "</defs>\n");
}

/* daemon/serve/style.css has the same rules for pages; a test holds the two together. */
const char draw_style[] =
	".y-year{--y-paper:#fdfcf9;--y-ink:#1d2426;--y-soft:#51606a;--y-open:#eef1f1;"
	"--y-closed:#dcdcdc;--y-off:#d3d8da;--y-window:#bfe3c4;--y-busy:#8fa9c9;"
	"--y-tentative:#f3e3b3;--y-assumed:#cfdbe9;--y-unknown:#e3d3e6;--y-work:#005f73;"
	"--y-other:#7a3b00;--y-gap:#9c2211;--y-light:#fff}"
	"@media (prefers-color-scheme:dark){.y-year{--y-paper:#14191b;--y-ink:#e8ecec;"
	"--y-soft:#aab7bd;--y-open:#232c2f;--y-closed:#39383a;--y-off:#303a3e;--y-window:#2c5a38;"
	"--y-busy:#47658c;--y-tentative:#6b5a22;--y-assumed:#35465c;--y-unknown:#523f57;"
	"--y-work:#7fd0d2;--y-other:#f0b27a;--y-gap:#ffb3a3;--y-light:#14191b}}"
	".y-year text{font:11px system-ui,sans-serif;fill:var(--y-ink)}"
	".y-year .y-small{font-size:9px;fill:var(--y-soft)}"
	".y-paper{fill:var(--y-paper)}.y-open{fill:var(--y-open)}.y-off{fill:var(--y-off)}"
	".y-window{fill:var(--y-window)}"
	".y-ground-busy{fill:var(--y-busy)}.y-ground-tentative{fill:var(--y-tentative)}"
	".y-ground-assumed{fill:var(--y-assumed)}.y-ground-unknown{fill:var(--y-unknown)}"
	".y-ground-closed{fill:var(--y-closed)}"
	".y-line-busy,.y-line-assumed,.y-line-unknown,.y-line-closed{fill:none;"
	"stroke:var(--y-soft);stroke-width:1}"
	".y-line-tentative{fill:var(--y-ink)}"
	".y-year g rect{fill:var(--y-work);stroke:var(--y-work);stroke-width:1.5}"
	".y-year g:not(.y-work) rect{fill:var(--y-other);stroke:var(--y-other)}"
	".y-year g text{fill:var(--y-light);text-anchor:middle;font-weight:700}"
	".y-year g.y-held rect{stroke:var(--y-ink);stroke-width:2.5}"
	".y-year g.y-provisional rect{fill:var(--y-paper);stroke-dasharray:3 2}"
	".y-year g.y-missed rect{fill:none}.y-year .y-missed path{fill:none;stroke:var(--y-gap);"
	"stroke-width:2}"
	".y-year g.y-provisional text,.y-year g.y-missed text{fill:var(--y-ink)}"
	".y-gap{fill:none;stroke:var(--y-gap);stroke-width:2}"
	".y-year .y-gap-label{fill:var(--y-gap);font-weight:700}"
	".y-today{fill:none;stroke:var(--y-ink);stroke-width:2}";

void draw_style_plain(struct buf *out)
{
	for (const char *p = strstr(draw_style, "}}") + 2; *p;) {
		const char *use = strstr(p, "var(");
		if (!use)
			use = p + strlen(p);
		buf_add(out, p, (size_t)(use - p));
		p = use;
		if (!*use)
			break;
		const char *name = use + strlen("var(");
		size_t n = strcspn(name, ")");
		/* the first that is defined is the light one */
		for (const char *at = draw_style; (at = strstr(at, "--y-")) && at < name; at += n)
			if (strncmp(at, name, n) == 0 && at[n] == ':') {
				buf_add(out, at + n + 1, strcspn(at + n + 1, ";}"));
				break;
			}
		p = name + n + 1;
	}
}
