/*
 * policy/lang.h -- the languages that answers are written in, the people's own first.
 */
#pragma once

enum lang { LANG_VI, LANG_EN, LANG_FR, LANGS };
