/*
 * Phrases: Serbian in both scripts and English.
 *
 * Owner: nobody, all const. The end texts are neutral: whether a child was found, came home or died
 * never leaves the hotline. They ask for the removal of what was published, because posts about a
 * child outlive the search by years.
 */
#include "domain/phrase.h"

#include <string.h>

static const struct phrase_book books[] = {
	{
		.language = "sr-Latn",
		.marks = {[STATUS_EXERCISE] = "VEŽBA", [STATUS_TEST] = "TEST"},
		.correction = "ISPRAVKA",
		.update = "NOVE INFORMACIJE",
		.title = "NESTALO DETE",
		.contact = "Informacije javite na broj ",
		.questions = "Pitanja: ",
		.until = {"Važi do ", ". u ", ". Posle toga ne objavljujte."},
		.end_title = "KRAJ UPOZORENJA",
		.ends = {[END_RESOLVED] = "Upozorenje je završeno. Prestanite sa objavljivanjem i "
					  "uklonite objave.",
			 [END_EXPIRED] = "Upozorenje je isteklo. Prestanite sa objavljivanjem i "
					 "uklonite objave.",
			 [END_WITHDRAWN] = "Upozorenje je povučeno. Prestanite sa objavljivanjem i "
					   "uklonite objave.",
			 [END_ISSUED_IN_ERROR] = "Upozorenje je izdato greškom. Zanemarite ga i "
						 "uklonite objave."},
		.notices = {[NOTICE_APPROVAL_WAITING] = "Upozorenje čeka odobrenje",
			    [NOTICE_ESCALATION] = "Niko nije preuzeo upozorenje",
			    [NOTICE_CHANNEL_DEAD] = "Kanal ne radi",
			    [NOTICE_EXHAUSTED] = "SVI KORACI SU ISCRPLJENI, mora da reaguje čovek",
			    [NOTICE_ACKNOWLEDGED] = "Upozorenje je preuzeto",
			    [NOTICE_ACK_EXPIRING] = "Preuzimanje upozorenja uskoro ističe",
			    [NOTICE_PING] = "Provera veze"},
		.waiting = "Čeka se ",
		.minutes = " min",
		.delayed = "Kasni zbog prekida rada.",
	},
	{
		.language = "sr-Cyrl",
		.marks = {[STATUS_EXERCISE] = "ВЕЖБА", [STATUS_TEST] = "ТЕСТ"},
		.correction = "ИСПРАВКА",
		.update = "НОВЕ ИНФОРМАЦИЈЕ",
		.title = "НЕСТАЛО ДЕТЕ",
		.contact = "Информације јавите на број ",
		.questions = "Питања: ",
		.until = {"Важи до ", ". у ", ". После тога не објављујте."},
		.end_title = "КРАЈ УПОЗОРЕЊА",
		.ends = {[END_RESOLVED] = "Упозорење је завршено. Престаните са објављивањем и "
					  "уклоните објаве.",
			 [END_EXPIRED] = "Упозорење је истекло. Престаните са објављивањем и "
					 "уклоните објаве.",
			 [END_WITHDRAWN] = "Упозорење је повучено. Престаните са објављивањем и "
					   "уклоните објаве.",
			 [END_ISSUED_IN_ERROR] = "Упозорење је издато грешком. Занемарите га и "
						 "уклоните објаве."},
		.notices = {[NOTICE_APPROVAL_WAITING] = "Упозорење чека одобрење",
			    [NOTICE_ESCALATION] = "Нико није преузео упозорење",
			    [NOTICE_CHANNEL_DEAD] = "Канал не ради",
			    [NOTICE_EXHAUSTED] = "СВИ КОРАЦИ СУ ИСЦРПЉЕНИ, мора да реагује човек",
			    [NOTICE_ACKNOWLEDGED] = "Упозорење је преузето",
			    [NOTICE_ACK_EXPIRING] = "Преузимање упозорења ускоро истиче",
			    [NOTICE_PING] = "Провера везе"},
		.waiting = "Чека се ",
		.minutes = " мин",
		.delayed = "Касни због прекида рада.",
	},
	{
		.language = "en",
		.marks = {[STATUS_EXERCISE] = "EXERCISE", [STATUS_TEST] = "TEST"},
		.correction = "CORRECTION",
		.update = "NEW INFORMATION",
		.title = "MISSING CHILD",
		.contact = "Report information to ",
		.questions = "Questions: ",
		.until = {"Valid until ", " at ", ". Do not publish after that."},
		.end_title = "END OF ALERT",
		.ends = {[END_RESOLVED] = "The alert is over. Stop publishing it and remove what "
					  "was published.",
			 [END_EXPIRED] = "The alert has expired. Stop publishing it and remove "
					 "what was published.",
			 [END_WITHDRAWN] = "The alert was withdrawn. Stop publishing it and remove "
					   "what was published.",
			 [END_ISSUED_IN_ERROR] = "The alert was issued in error. Disregard it and "
						 "remove what was published."},
		.notices = {[NOTICE_APPROVAL_WAITING] = "An alert waits for approval",
			    [NOTICE_ESCALATION] = "Nobody has acknowledged the alert",
			    [NOTICE_CHANNEL_DEAD] = "A channel is down",
			    [NOTICE_EXHAUSTED] = "EVERY STEP IS EXHAUSTED, a person must act",
			    [NOTICE_ACKNOWLEDGED] = "The alert was acknowledged",
			    [NOTICE_ACK_EXPIRING] = "The acknowledgement expires soon",
			    [NOTICE_PING] = "Link check"},
		.waiting = "Waiting for ",
		.minutes = " min",
		.delayed = "Late because of an outage.",
	},
};

#define ENGLISH (&books[ARRAY_LEN(books) - 1])

static const struct phrase_book *find(const char *language)
{
	for (size_t i = 0; language && i < ARRAY_LEN(books); i++) {
		if (strcmp(books[i].language, language) == 0) {
			return &books[i];
		}
	}
	return NULL;
}

const struct phrase_book *phrase_find(const char *language)
{
	const struct phrase_book *book = find(language);

	return book ? book : ENGLISH;
}

bool phrase_exists(const char *language)
{
	return find(language) != NULL;
}
