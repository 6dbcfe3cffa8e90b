/* texts.c -- one row per text, both languages; dates and hours as people write them. */
#include "serve/texts.h"

#include "plan/draw_words.h"
#include "report/table.h"

#define DASH "\xE2\x80\x93"

/* clang-format off */
static const char *const texts[TEXT_COUNT][2] = {
/*                           LANG_NL                                   LANG_EN */
[TEXT_REPORT_TITLE]      = {"Uren en ritme",                          "Hours and rhythm"},
[TEXT_REPORT_CAPTION]    = {"Elk duo: wie stilvalt of achterloopt staat bovenaan",
                            "Every duo: who has stalled or is behind comes first"},
[TEXT_AS_OF]             = {"Stand van",                              "As of"},
[TEXT_DUOS]              = {"duo\xE2\x80\x99s",                       "duos"},
[TEXT_DUO]               = {"Duo",                                    "Duo"},
[TEXT_PERSON]            = {"Deelnemer",                              "Member"},
[TEXT_STALLED]           = {"Stilgevallen",                           "Stalled"},
[TEXT_YES]               = {"ja",                                     "yes"},
[TEXT_NO]                = {"nee",                                    "no"},
[TEXT_PACE]              = {"Tempo",                                  "Pace"},
[TEXT_PACE_BEHIND]       = {"loopt achter",                           "behind"},
[TEXT_PACE_ON]           = {"op schema",                              "on pace"},
[TEXT_PACE_AHEAD]        = {"loopt voor",                             "ahead"},
[TEXT_PACE_NONE]         = {"geen",                                   "none"},
[TEXT_HOURS]             = {"Uren",                                   "Hours"},
[TEXT_HELD]              = {"gehouden",                               "held"},
[TEXT_PLANNED]           = {"gepland",                                "planned"},
[TEXT_ASSUMED]           = {"waarvan aangenomen",                     "of which assumed"},
[TEXT_ASSUMED_WHY]       = {"Aangenomen: na afloop zei niemand dat het anders ging.",
                            "Assumed: nobody said afterwards that it went otherwise."},
[TEXT_PROVISIONAL]       = {"Voorlopig",                              "Provisional"},
[TEXT_REMAINING]         = {"Over",                                   "Remaining"},
[TEXT_GAP_NOW]           = {"Sinds de laatste",                       "Since the last"},
[TEXT_GAP_LONGEST]       = {"Langste tussenpoos",                     "Longest gap"},
[TEXT_NEXT]              = {"Volgende",                               "Next"},
[TEXT_NONE]              = {"geen",                                   "none"},
[TEXT_TOTAL]             = {"Samen",                                  "Total"},
[TEXT_NO_DUO]            = {"Zonder duo",                             "Without a duo"},
[TEXT_LEFT]              = {"niet meer in dit duo",                   "no longer in this duo"},
[TEXT_AS_CSV]            = {"Download als CSV",                       "Download as CSV"},
[TEXT_AS_JSON]           = {"Download als JSON",                      "Download as JSON"},
[TEXT_LEGEND]            = {"Tempo is gehouden en tot nu geplande uren, gedeeld door wat er op deze dag "
                            "van het jaar zou zijn: 0,85 tot 1,15 is op schema, en minder ook zolang "
                            "wat gepland was gehouden wordt en alle uren een plek hebben. Stilgevallen: "
                            "de laatste keer is meer dan twee keer het ritme geleden en binnen "
                            "\xC3\xA9\xC3\xA9n keer het ritme staat er niets. Tussenpozen zijn in open dagen.",
                            "Pace is the hours held and planned until now, divided by what would be "
                            "due on this day of the year: 0.85 to 1.15 is on pace, and less is as long as "
                            "what was planned is held and all hours have their place. Stalled: the last "
                            "time is more than twice the cadence ago and nothing stands within one "
                            "cadence. Gaps are in open days."},
[TEXT_NO_ROWS]           = {"Er zijn nog geen duo\xE2\x80\x99s.",     "There are no duos yet."},
[TEXT_NEXT_SESSION]      = {"Volgende sessie",                        "Next session"},
[TEXT_NO_NEXT]           = {"Er is nu geen sessie ingeroosterd.",     "No session is booked now."},
[TEXT_COMING]            = {"Daarna",                                 "After that"},
[TEXT_NO_MORE]           = {"Daarna is er nog niets ingeroosterd.",   "Nothing more is booked yet."},
[TEXT_CLASH]             = {"Kan niet doorgaan zoals het staat",      "Cannot be as it stands"},
[TEXT_CLASH_BUSY]        = {"in jouw lesrooster staat dan nu iets anders.",
                            "your timetable now has something else then."},
[TEXT_CLASH_ABSENT]      = {"je bent dan afwezig.",                   "you are absent then."},
[TEXT_CLASH_OTHER]       = {"een ander kan dan niet meer.",           "somebody else cannot be there any more."},
[TEXT_CLASH_CLOSED]      = {"die dag is gesloten.",                   "that day is closed."},
[TEXT_CLASH_PLACES]      = {"Dit zijn de beste andere momenten:",     "These are the best other moments:"},
[TEXT_CLASH_NOWHERE]     = {"Er is in de buurt geen ander moment dat jullie delen.",
                            "You share no other moment near it."},
[TEXT_WHEN]              = {"Wanneer",                                "When"},
[TEXT_WHAT]              = {"Wat",                                    "What"},
[TEXT_WITH]              = {"Met",                                    "With"},
[TEXT_WITH_WORD]         = {"met",                                    "with"},
[TEXT_MY_HOURS]          = {"Mijn uren",                              "My hours"},
[TEXT_PER_DUO]           = {"Per duo",                                "Per duo"},
[TEXT_TIMES_IN]          = {"Tijden volgens de klok van",             "Times by the clock of"},
[TEXT_SUBSCRIBE]         = {"In je eigen agenda",                     "In your own calendar"},
[TEXT_SUBSCRIBE_WHY]     = {"Abonneer je een keer; wat verschuift, verschuift daarna vanzelf mee.",
                            "Subscribe once; whatever moves then moves there by itself."},
[TEXT_SUBSCRIBE_OPEN]    = {"Abonneren op",                           "Subscribe to"},
[TEXT_SUBSCRIBE_GOOGLE]  = {"Google Agenda, in een browser: kies bij Andere agenda\xE2\x80\x99s, Via URL, "
                            "en plak het adres.",
                            "Google Calendar, in a browser: at Other calendars choose From URL and "
                            "paste the address."},
[TEXT_SUBSCRIBE_OUTLOOK] = {"Outlook: kies Agenda toevoegen, Abonneren vanaf het web, en plak het adres.",
                            "Outlook: choose Add calendar, Subscribe from web, and paste the address."},
[TEXT_SUBSCRIBE_NONE]    = {"Er is nog geen agenda-link voor je.",    "There is no calendar link for you yet."},
[TEXT_ADDRESS]           = {"Adres",                                  "Address"},
[TEXT_BUSY_ONLY]         = {"alleen bezet, om te delen",              "busy only, to share"},
[TEXT_SECRET]            = {"Wie deze adressen heeft, ziet wat erin staat: houd ze voor jezelf.",
                            "Who has these addresses sees what is in them: keep them to yourself."},
[TEXT_FEED_CAME]         = {"Laatst opgehaald:",                      "Last fetched:"},
[TEXT_FEED_FRESH]        = {"Alles staat er zoals het is.",           "It shows everything as it is."},
[TEXT_FEED_BEHIND]       = {"Daarna is er iets veranderd dat er nog niet staat:",
                            "Something has changed since that it does not show yet:"},
[TEXT_FEED_STALE]        = {"Wat er staat klopt niet meer. Open die agenda en laat hem verversen:",
                            "What it shows is no longer right. Open that calendar and let it refresh:"},
[TEXT_FEED_UNUSED]       = {"Wat daar staat is oud. Gebruik je die agenda niet meer, dan kan deze link weg.",
                            "What it shows is old. If you no longer use that calendar, this link can go."},
[TEXT_FEED_NEVER]        = {"Deze link is nog door geen agenda opgehaald.",
                            "No calendar has fetched this link yet."},
[TEXT_FEED_SHOWS]        = {"toont nog",                              "still shows"},
[TEXT_FEED_MISSES]       = {"toont nog niet",                         "does not show yet"},
[TEXT_FEED_OLD_TEXT]     = {"toont nog de oude tekst bij",            "still shows the old text of"},
[TEXT_FEED_NOW]          = {"dat is nu",                              "that is now"},
[TEXT_FEED_CANCELLED]    = {"dat is vervallen",                       "that is cancelled"},
[TEXT_FEED_LEFT]         = {"daar doe je niet meer aan mee",          "you no longer take part in that"},
[TEXT_FEEDS_TITLE]       = {"Agenda-links",                           "Calendar links"},
[TEXT_FEEDS_CAPTION]     = {"Hoeveel agenda\xE2\x80\x99s tonen wat er is afgesproken",
                            "How many calendars show what has been agreed"},
[TEXT_FEEDS_COUNT]       = {"Aantal",                                 "Number"},
[TEXT_FEEDS_FRESH]       = {"bij",                                    "up to date"},
[TEXT_FEEDS_BEHIND]      = {"nog niet opgehaald wat er veranderd is", "have not fetched yet what changed"},
[TEXT_FEEDS_STALE]       = {"tonen iets dat niet meer klopt",         "show what is no longer right"},
[TEXT_FEEDS_UNUSED]      = {"niet meer in gebruik",                   "no longer in use"},
[TEXT_FEEDS_NEVER]       = {"nog nooit opgehaald",                    "never fetched"},
[TEXT_MINUTE_AGO]        = {"minuut geleden",                         "minute ago"},
[TEXT_MINUTES_AGO]       = {"minuten geleden",                        "minutes ago"},
[TEXT_HOUR_AGO]          = {"uur geleden",                            "hour ago"},
[TEXT_HOURS_AGO]         = {"uur geleden",                            "hours ago"},
[TEXT_DAY_AGO]           = {"dag geleden",                            "day ago"},
[TEXT_DAYS_AGO]          = {"dagen geleden",                          "days ago"},
[TEXT_SESSION_TITLE]     = {"Een sessie",                             "A session"},
[TEXT_SESSION_BODY]      = {"Sessies en mijlpalen bekijk je op je eigen pagina. Open die met de persoonlijke link "
                            "die je hebt gekregen.",
                            "Sessions and obligations are shown on your own page. Open it by the personal link that "
                            "you were given."},
[TEXT_SESSION_ASK]       = {"Heb je die link niet meer? Vraag de beheerder van het programma om een nieuwe.",
                            "Lost that link? Ask the admin of the programme for a new one."},
[TEXT_SOURCES_TITLE]     = {"Lesroosters",                            "Timetables"},
[TEXT_SOURCES_CAPTION]   = {"Hoe vers elk rooster is en hoe ver het reikt",
                            "How fresh every timetable is, and how far it reaches"},
[TEXT_SOURCE]            = {"Bron",                                   "Source"},
[TEXT_STATE]             = {"Toestand",                               "State"},
[TEXT_SOURCE_AGE]        = {"Gelezen",                                "Read"},
[TEXT_KNOWN_UNTIL]       = {"Bekend tot en met",                      "Known up to"},
[TEXT_EVENTS]            = {"Afspraken",                              "Events"},
[TEXT_WARNINGS]          = {"Waarschuwingen",                         "Warnings"},
[TEXT_SOURCE_NEVER]      = {"nooit gelezen",                          "never read"},
[TEXT_SOURCE_FRESH]      = {"vers",                                   "fresh"},
[TEXT_SOURCE_STALE]      = {"oud",                                    "stale"},
[TEXT_SOURCE_FAILED]     = {"lezen mislukt",                          "failed"},
[TEXT_SOURCE_QUARANTINED] = {"wacht op een beheerder",                "waits for an admin"},
[TEXT_JUST_NOW]          = {"net",                                    "just now"},
[TEXT_WHOLE_YEAR]        = {"het hele programma",                     "the whole programme"},
[TEXT_NO_SOURCES]        = {"Niemand heeft een lesrooster.",          "Nobody has a timetable."},
[TEXT_THREE_STATES]      = {"Tijd is vrij, bezet of onbekend. Wat na de laatste bekende dag komt is onbekend, niet "
                            "vrij: daar wordt niets ingeroosterd. Wie een rooster heeft dat niet gelezen kan "
                            "worden, houdt het laatste dat goed was.",
                            "Time is free, busy or unknown. What comes after the last known day is unknown, not "
                            "free: nothing is booked there. When a timetable cannot be read, the last good one "
                            "stays."},
[TEXT_YEAR]              = {"Het jaar",                               "The year"},
[TEXT_DUE]               = {"Mijlpalen",                              "What is due"},
[TEXT_DUE_NEXT]          = {"Eerstvolgende:",                         "Next:"},
[TEXT_DUE_LATE]          = {"Te laat:",                               "Late:"},
[TEXT_DUE_NONE]          = {"Alles is ingeleverd.",                   "Everything has been handed in."},
[TEXT_LINKS_TITLE]       = {"Agenda-links",                           "Calendar links"},
[TEXT_LINKS_MANAGE]      = {"Links beheren: een nieuwe, een herinnering, een QR-code, intrekken",
                            "Manage links: a new one, an alarm, a QR code, revoke one"},
[TEXT_LINKS_BACK]        = {"Terug naar je pagina",                   "Back to your page"},
[TEXT_LINKS_OWN]         = {"Van jou",                                "Yours"},
[TEXT_LINKS_NONE]        = {"Hier is nog geen link voor.",            "There is no link for this yet."},
[TEXT_LINK_AGENT]        = {"Het laatst gebruikt door",               "Used last by"},
[TEXT_LINK_NEW]          = {"Een nieuwe link",                        "A new link"},
[TEXT_LINK_NEW_WHY]      = {"Maak voor elk apparaat een eigen link: raakt er een kwijt, dan trek je alleen die in.",
                            "Make one for each device: if one is lost, you revoke that one alone."},
[TEXT_LINK_LABEL]        = {"Naam, bijvoorbeeld telefoon",            "Name, such as phone"},
[TEXT_LINK_OWNER]        = {"Wiens sessies",                          "Whose sessions"},
[TEXT_LINK_KIND]         = {"Wat erin staat",                         "What is in it"},
[TEXT_LINK_FULL]         = {"alles",                                  "everything"},
[TEXT_LINK_CLIENT]       = {"Waarvoor",                               "What it is for"},
[TEXT_CLIENT_APPLE]      = {"Apple (iPhone, iPad, Mac)",              "Apple (iPhone, iPad, Mac)"},
[TEXT_CLIENT_ANDROID]    = {"Android met ICSx5",                      "Android with ICSx5"},
[TEXT_CLIENT_GOOGLE]     = {"Google Agenda",                          "Google Calendar"},
[TEXT_CLIENT_OUTLOOK]    = {"Outlook",                                "Outlook"},
[TEXT_CLIENT_THUNDERBIRD] = {"Thunderbird",                           "Thunderbird"},
[TEXT_CLIENT_GNOME]      = {"GNOME Agenda",                           "GNOME Calendar"},
[TEXT_CLIENT_NEXTCLOUD]  = {"Nextcloud",                              "Nextcloud"},
[TEXT_CLIENT_OTHER]      = {"iets anders",                            "something else"},
[TEXT_LINK_ALARM]        = {"Herinnering",                            "Alarm"},
[TEXT_ALARM_NONE]        = {"geen",                                   "none"},
[TEXT_ALARM_AT]          = {"bij het begin",                          "at the start"},
[TEXT_ALARM_BEFORE]      = {"van tevoren",                            "before"},
[TEXT_MINUTES]           = {"minuten",                                "minutes"},
[TEXT_HOUR]              = {"uur",                                    "hour"},
[TEXT_HOURS_MANY]        = {"uur",                                    "hours"},
[TEXT_DAY]               = {"dag",                                    "day"},
[TEXT_DAYS]              = {"dagen",                                  "days"},
[TEXT_LINK_OBLIGATIONS]  = {"Wat ingeleverd moet worden",             "What is due"},
[TEXT_OBLIGATIONS_EVENTS] = {"als afspraak van een hele dag",         "as an event of a whole day"},
[TEXT_OBLIGATIONS_TODOS] = {"als taak",                               "as a task"},
[TEXT_OBLIGATIONS_NONE]  = {"niet",                                   "not at all"},
[TEXT_LINK_MAKE]         = {"Maak de link",                           "Make the link"},
[TEXT_LINK_CHANGE]       = {"Naam, herinnering en de rest wijzigen",  "Change name, alarm and the rest"},
[TEXT_LINK_SAVE]         = {"Bewaar",                                 "Save"},
[TEXT_LINK_REVOKE]       = {"Intrekken",                              "Revoke"},
[TEXT_LINK_REVOKE_ASK]   = {"Deze link intrekken?",                   "Revoke this link?"},
[TEXT_LINK_REVOKE_WHY]   = {"Wie zich erop heeft geabonneerd, krijgt niets nieuws meer. De andere links blijven "
                            "werken. Terugdraaien kan niet.",
                            "Whoever has subscribed to it gets nothing new any more. The other links go on. "
                            "It cannot be undone."},
[TEXT_LINK_ROTATE]       = {"Alle adressen vernieuwen",               "Renew all addresses"},
[TEXT_LINK_ROTATE_ASK]   = {"Alle adressen vernieuwen?",              "Renew all addresses?"},
[TEXT_LINK_ROTATE_WHY]   = {"De oude adressen van deze links werken dan niet meer: elke agenda moet opnieuw worden "
                            "geabonneerd.",
                            "The old addresses of these links work no longer: every calendar has to be subscribed "
                            "again."},
[TEXT_LINK_ROTATE_PAGE]  = {"Vernieuw ook het adres van je pagina. Bewaar daarna het nieuwe: het oude werkt niet meer.",
                            "Renew the address of your page, too. Keep the new one then: the old one works no longer."},
[TEXT_LINK_KEEP]         = {"Nee, laat het zo",                       "No, leave it"},
[TEXT_QR]                = {"QR-code",                                "QR code"},
[TEXT_QR_WHY]            = {"Richt de camera van je telefoon erop om je te abonneren.",
                            "Point the camera of your phone at it to subscribe."},
[TEXT_SUBSCRIBE_TOUCH]   = {"Open \xE2\x80\x9C" "Abonneren\xE2\x80\x9D op het apparaat zelf en bevestig.",
                            "Open \xE2\x80\x9CSubscribe\xE2\x80\x9D on the device itself and confirm."},
[TEXT_SUBSCRIBE_ANDROID] = {"Installeer ICSx5, open dan \xE2\x80\x9C" "Abonneren\xE2\x80\x9D op de telefoon.",
                            "Install ICSx5, then open \xE2\x80\x9CSubscribe\xE2\x80\x9D on the phone."},
[TEXT_SUBSCRIBE_THUNDERBIRD] = {"Opent er niets? Kies in Thunderbird Nieuwe agenda, Op het netwerk, en plak het adres.",
                            "Does nothing open? In Thunderbird choose New Calendar, On the Network, and paste the address."},
[TEXT_SUBSCRIBE_GNOME]   = {"Opent er niets? Kies in Agenda Agenda\xE2\x80\x99s beheren, Agenda toevoegen, en plak het adres.",
                            "Does nothing open? In Calendar choose Manage Calendars, Add Calendar, and paste the address."},
[TEXT_SUBSCRIBE_NEXTCLOUD] = {"Kies in Nextcloud Agenda Nieuw abonnement via link, en plak het adres.",
                            "In Nextcloud Calendar choose New subscription from link, and paste the address."},
[TEXT_OPEN_GOOGLE]       = {"Open Google Agenda",                     "Open Google Calendar"},
[TEXT_PASTE_GOOGLE]      = {"Plak daar het adres, in een browser op een computer. Op de telefoon komt het vanzelf.",
                            "Paste the address there, in a browser on a computer. It comes to the phone by itself."},
[TEXT_OPEN_OUTLOOK]      = {"Toevoegen aan Outlook van werk of school", "Add to Outlook of work or school"},
[TEXT_OPEN_OUTLOOK_LIVE] = {"Toevoegen aan Outlook.com",              "Add to Outlook.com"},
[TEXT_ONLY_HERE]         = {"Dit adres werkt alleen op deze computer zelf: Google en Outlook kunnen er niet bij.",
                            "This address works on this computer alone: Google and Outlook cannot reach it."},
[TEXT_REFUSED]           = {"Dat is niet gedaan",                     "That was not done"},
[TEXT_REFUSED_FORM]      = {"Het formulier kwam niet goed aan. Ga terug en probeer het opnieuw.",
                            "The form did not arrive whole. Go back and try again."},
[TEXT_REFUSED_WORD]      = {"Deze pagina stond te lang open, of het formulier kwam ergens anders vandaan. Open je "
                            "pagina opnieuw en doe het nog eens.",
                            "This page was open for too long, or the form came from elsewhere. Open your page again "
                            "and do it once more."},
[TEXT_REFUSED_STALE]     = {"Dit is intussen al veranderd. Kijk hoe het nu is.",
                            "This has changed meanwhile. Look how it is now."},
[TEXT_REFUSED_NAME]      = {"Er is al een link met die naam. Kies een andere naam.",
                            "There is a link of that name already. Choose another name."},
[TEXT_REFUSED_LABEL]     = {"Een naam is een regel van 1 tot 100 tekens.",
                            "A name is one line of 1 to 100 characters."},
[TEXT_REFUSED_FULL]      = {"Er zijn al zoveel links als er mogen zijn. Trek er eerst een in.",
                            "There are as many links as there may be. Revoke one first."},
[TEXT_REFUSED_FOREIGN]   = {"Die link is niet van jou of van je duo.", "That link is not yours or your duo\xE2\x80\x99s."},
[TEXT_REFUSED_GONE]      = {"Die link is er niet meer.",              "That link is there no more."},
[TEXT_REFUSED_CHANGES]   = {"Deze link is te vaak gewijzigd. Maak een nieuwe en trek deze in.",
                            "This link was changed too often. Make a new one and revoke this one."},
[TEXT_REFUSED_LATER]     = {"Er gaat nu te veel tegelijk. Probeer het zo nog eens.",
                            "Too much is going on at once. Try again in a moment."},
[TEXT_REFUSED_ERROR]     = {"Het lukte niet. Probeer het later nog eens, of vraag de beheerder.",
                            "It did not work. Try again later, or ask the admin."},
[TEXT_FOOTER]            = {"tandemd " DASH " tijd voor elkaar",      "tandemd " DASH " time together"},
};

static const char *const obligations[OBLIGATION_KINDS][2] = {
[OBLIGATION_PLAN]        = {"plan van aanpak",                        "plan of approach"},
[OBLIGATION_REFLECTION]  = {"reflectieverslag",                       "reflection"},
[OBLIGATION_EVALUATION]  = {"eindevaluatie",                          "final evaluation"},
};

static const char *const months[2][12] = {
	[LANG_NL] = {"januari", "februari", "maart", "april", "mei", "juni", "juli", "augustus",
		     "september", "oktober", "november", "december"},
	[LANG_EN] = {"January", "February", "March", "April", "May", "June", "July", "August",
		     "September", "October", "November", "December"},
};
/* clang-format on */

const char *text_of(enum text text, enum language language)
{
	return texts[text][language];
}

const char *text_kind(enum kind kind, enum language language)
{
	return draw_kind(kind, language);
}

void text_obligation(enum obligation_kind kind, int number, enum language language, struct buf *out)
{
	buf_adds(out, obligations[kind][language]);
	if (kind == OBLIGATION_REFLECTION)
		buf_addf(out, " %d", number);
}

void text_day(day_t day, enum language language, struct buf *out)
{
	struct civil c = civil_from_day(day);
	buf_addf(out, "%s %d %s %d", draw_weekday(civil_weekday(day), language), c.day,
		 months[language][c.month - 1], c.year);
}

static void clock_text(local_t local, struct buf *out)
{
	int minute = local_second(local) / 60;
	buf_addf(out, "%02d:%02d", minute / 60, minute % 60);
}

void text_when(utc_t start, utc_t end, const struct zone *zone, enum language language,
	       struct buf *out)
{
	local_t from = zone_to_local(zone, start), to = zone_to_local(zone, end);
	text_day(local_day(from), language, out);
	buf_addc(out, ' ');
	clock_text(from, out);
	buf_addc(out, '-');
	if (to == local_at(local_day(from) + 1, 0)) { /* midnight ends this day */
		buf_adds(out, "24:00");
		return;
	}
	if (local_day(to) != local_day(from)) {
		text_day(local_day(to), language, out);
		buf_addc(out, ' ');
	}
	clock_text(to, out);
}

void text_hours(int64_t held_min, int64_t planned_min, int64_t budget_min, enum language language,
		struct buf *out)
{
	enum decimal decimal = language == LANG_NL ? DECIMAL_COMMA : DECIMAL_POINT;
	hours_text(held_min, decimal, 1, out);
	buf_addf(out, " %s + ", text_of(TEXT_HELD, language));
	hours_text(planned_min, decimal, 1, out);
	buf_addf(out, " %s / ", text_of(TEXT_PLANNED, language));
	hours_text(budget_min, decimal, 0, out);
}
