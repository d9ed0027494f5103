"""Written text to text as it is spoken. Pure.

In: a prompt or a name as people write it, in Chinese (`zh`) or English (`en`). Out: the same without digits and signs; a Chinese
character whose usual reading is wrong here carries its own in braces, tone as a digit: `单{shan4}`; in English text a Chinese name
stands as its syllables alone: `{wang2 fang1}`. Idempotent.
Must not change what is already written in words. Numbers that name something (telephone, identity card, booking) go digit by
digit, with 一 as 幺; numbers that count go as numbers. Rules of reading: GB/T 15835 and usage of Chinese telephone services.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

DIGITS = "零一二三四五六七八九"
_SPOKEN_DIGITS = dict(zip("0123456789", "零幺二三四五六七八九", strict=True))
_COUNTED_TWO = "个位次天周名种项张年岁点元块份条件家层间封句代回场趟页"
_EMERGENCY = ("110", "119", "120", "122", "12345", "12320", "95120")

# A surname is read in its own way where the same character means something else in running text.
SURNAMES = {
    "单": "shan4", "仇": "qiu2", "任": "ren2", "解": "xie4", "查": "zha1", "朴": "piao2", "区": "ou1", "盖": "ge3", "曾": "zeng1", "乐": "yue4",
    "华": "hua4", "翟": "zhai2", "覃": "qin2", "员": "yun4", "燕": "yan1", "宁": "ning2", "应": "ying1", "缪": "miao4", "冼": "xian3", "洗": "xian3",
    "葛": "ge3", "隗": "wei3", "种": "chong2", "秘": "bi4", "繁": "po2", "车": "che1", "卜": "bu3", "薄": "bo2", "晁": "chao2", "郗": "xi1",
    "牟": "mu4", "佴": "nai4", "宓": "mi4", "谌": "chen2", "阚": "kan4", "乜": "nie4", "折": "she2", "召": "shao4", "纪": "ji3", "逄": "pang2",
    "祭": "zhai4", "贾": "jia3", "钭": "tou3", "娄": "lou2", "瞿": "qu2", "臧": "zang1", "柏": "bai3", "尹": "yin3", "石": "shi2", "重": "chong2",
}  # fmt: skip
DOUBLE_SURNAMES = {
    "尉迟": "yu4 chi2", "万俟": "mo4 qi2", "长孙": "zhang3 sun1", "澹台": "tan2 tai2", "鲜于": "xian1 yu2", "令狐": "ling2 hu2", "单于": "chan2 yu2",
    "皇甫": "huang2 fu3", "宇文": "yu3 wen2", "司空": "si1 kong1",
}  # fmt: skip
# Words whose parts have several readings, where hospital usage leaves no doubt.
WORDS = {
    "重听": "重{chong2}听",
    "重拨": "重{chong2}拨",
    "转接": "转{zhuan3}接",
    "血压": "血{xue4}压",
    "血糖": "血{xue4}糖",
    "抽血": "抽血{xue4}",
    "验血": "验血{xue4}",
}
ENGLISH_WORDS = {"Anhe": "{an1 he2}", "Dr.": "Doctor", "Prof.": "Professor", "No.": "number", "a.m.": "A M", "p.m.": "P M"}
ENGLISH_SIGNS = {"&": " and ", "%": " percent", "¥": " yuan ", "#": "pound", "*": "star"}


def normalise(text: str, language: str) -> str:
    """`text` as it is spoken in `language` (zh | en)."""
    tidy = unicodedata.normalize("NFC", text).strip()
    return _chinese(tidy) if language == "zh" else _english(tidy)


def person_name(name: str, language: str, reading: str = "") -> str:
    """A person's name. `reading` (pinyin with tone digits, one syllable a character) overrides everything, in both languages."""
    if language != "zh":
        return f"{{{reading}}}" if reading else _english(name.strip())
    name = name.strip()
    if reading:
        return _annotated(name, reading)
    double = DOUBLE_SURNAMES.get(name[:2])
    if double and len(name) > 2:
        return _annotated(name[:2], double) + name[2:]
    single = SURNAMES.get(name[:1])
    given = name[1:].replace("子", "子{zi3}")
    return f"{name[0]}{{{single}}}{given}" if single else name[:1] + given


def _annotated(characters: str, reading: str) -> str:
    syllables = reading.split()
    if len(syllables) != len(characters):
        raise ValueError(f"reading {reading!r} has {len(syllables)} syllables for {len(characters)} characters")
    return "".join(f"{one}{{{syllable}}}" for one, syllable in zip(characters, syllables, strict=True))


# -- Chinese -------------------------------------------------------------------------------------------------------------


def zh_digits(digits: str) -> str:
    """Digit by digit, 幺 for one: for numbers that name something."""
    return "".join(_SPOKEN_DIGITS[one] for one in digits if one.isdigit())


def zh_number(value: int) -> str:
    """A counting number up to 万亿: 105 -> 一百零五, 10 -> 十, 110 -> 一百一十."""
    if value < 0:
        return "负" + zh_number(-value)
    if value == 0:
        return "零"
    words = _zh_scaled(value)
    return words[1:] if words.startswith("一十") else words


def _zh_scaled(value: int) -> str:
    for scale, word in ((10**8, "亿"), (10**4, "万")):
        if value >= scale:
            high, low = divmod(value, scale)
            gap = "零" if 0 < low < scale // 10 else ""
            return _zh_scaled(high) + word + gap + (_zh_scaled(low) if low else "")
    out, gap = "", False
    for power, word in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, power)
        if digit:
            out += ("零" if gap and out else "") + DIGITS[digit] + word
            gap = False
        else:
            gap = True
    return out


def zh_decimal(text: str) -> str:
    """12.50 -> 十二点五零."""
    whole, _, part = text.partition(".")
    return zh_number(int(whole or 0)) + ("点" + "".join(DIGITS[int(one)] for one in part) if part else "")


def _zh_money(match: re.Match[str]) -> str:
    whole, part = int(match[1].replace(",", "")), (match[2] or "").ljust(2, "0")
    jiao, fen = int(part[0]), int(part[1])
    out = ("两" if whole == 2 else zh_number(whole)) + "元" if whole or not (jiao or fen) else ""
    if jiao:
        out += DIGITS[jiao] + "角"
    if fen:
        out += ("零" if whole and not jiao else "") + DIGITS[fen] + "分"
    return out


def _zh_clock(hour: str, minute: str) -> str:
    hours, minutes = int(hour), int(minute)
    spoken = ("两" if hours == 2 else zh_number(hours)) + "点"
    if minutes == 0:
        return spoken
    if minutes == 30:
        return spoken + "半"
    return spoken + ("零" if minutes < 10 else "") + zh_number(minutes) + "分"


def _zh_date(match: re.Match[str]) -> str:
    year, month, day = match[1], match[2], match[3]
    spoken = f"{zh_number(int(month))}月{zh_number(int(day))}日"
    return ("".join(DIGITS[int(one)] for one in year) + "年" if year else "") + spoken


def _zh_counted(match: re.Match[str]) -> str:
    number, unit = match[1], match[2]
    if number == "2" and (unit[0] in _COUNTED_TWO or unit in ("小时", "分钟")):
        return "两" + unit
    return zh_decimal(number) + unit


def _zh_bare(match: re.Match[str]) -> str:
    number = match[0]
    if "." in number:
        return zh_decimal(number)
    if len(number) >= 5 or number in _EMERGENCY or (len(number) > 1 and number[0] == "0"):
        return zh_digits(number)
    return zh_number(int(number))


_Rule = tuple[re.Pattern[str], str | Callable[[re.Match[str]], str]]
_CHINESE: tuple[_Rule, ...] = (
    (re.compile(r"(?:(\d{4})[-/年])(\d{1,2})[-/月](\d{1,2})[日号]?"), _zh_date),
    (re.compile(r"(?<!\d)()(\d{1,2})月(\d{1,2})[日号]"), _zh_date),
    (re.compile(r"(?<!\d)(\d{4})年"), lambda found: "".join(DIGITS[int(one)] for one in found[1]) + "年"),
    (re.compile(r"(?<!\d)([01]?\d|2[0-4])[:：]([0-5]\d)(?!\d)"), lambda found: _zh_clock(found[1], found[2])),
    (re.compile(r"(?<=[点半分])\s*[-—–~～]+\s*(?=[0-9零一二三四五六七八九十两])"), "到"),
    (re.compile(r"[¥￥]\s*(\d[\d,]*)(?:\.(\d{1,2}))?(?!\d)元?"), _zh_money),
    (re.compile(r"(?<![\d.])(\d[\d,]*)(?:\.(\d{1,2}))?元"), _zh_money),
    (re.compile(r"(\d+(?:\.\d+)?)\s*%"), lambda found: "百分之" + zh_decimal(found[1])),
    (re.compile(r"\+?(\d{2,4}(?:[- ]\d{3,8})+)"), lambda found: zh_digits(found[1])),
    (re.compile(r"(?<=[话号码打是为])[:：]?\s*(\d{3,})(?!\d)(?![个位次天元人号楼])"), lambda found: zh_digits(found[1])),
    (re.compile(r"(?<=\d)\s*[-~～—]\s*(?=\d+(?:\.\d+)?(?:小时|分钟|[个位次天周名种项张年岁点块份条件家层间封页楼号元]))"), "到"),
    (re.compile(r"(?<![\d.])(\d{1,4}(?:\.\d+)?)(小时|分钟|[个位次天周名种项张年岁点块份条件家层间封页])"), _zh_counted),
    (re.compile(r"\d+(?:\.\d+)?"), _zh_bare),
)


def _chinese(text: str) -> str:
    for pattern, spoken in _CHINESE:
        text = pattern.sub(spoken, text)
    for written, reading in WORDS.items():
        text = text.replace(written, reading)
    text = text.replace("#", "井号").replace("*", "星号").replace("℃", "摄氏度").replace("&", "和")
    return re.sub(r"[ \t\n]+", "", text) if not re.search("[A-Za-z]", text) else re.sub(r"\s+", " ", text)


# -- English -------------------------------------------------------------------------------------------------------------

_ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    "ten", "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
_TENS = ("", "", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")


def en_number(value: int) -> str:
    """A counting number: 105 -> one hundred and five."""
    if value < 20:
        return _ONES[value]
    if value < 100:
        tens, ones = divmod(value, 10)
        return _TENS[tens] + (f"-{_ONES[ones]}" if ones else "")
    for scale, word in ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if value >= scale:
            high, low = divmod(value, scale)
            joint = " and " if 0 < low < 100 else " "
            return f"{en_number(high)} {word}" + (joint + en_number(low) if low else "")
    raise ValueError(value)


def en_digits(digits: str) -> str:
    return " ".join(_ONES[int(one)] for one in digits if one.isdigit())


def _en_clock(match: re.Match[str]) -> str:
    hour, minute = int(match[1]), int(match[2])
    if minute == 0:
        return en_number(hour) if match[3] else f"{en_number(hour)} o'clock"
    return f"{en_number(hour)} {'oh ' if minute < 10 else ''}{en_number(minute)}"


def _en_bare(match: re.Match[str]) -> str:
    number = match[0].replace(",", "")
    if "." in number:
        whole, _, part = number.partition(".")
        return f"{en_number(int(whole))} point {en_digits(part)}"
    if (len(number) >= 5 and "," not in match[0]) or number in _EMERGENCY or (len(number) > 1 and number[0] == "0"):
        return en_digits(number)
    return en_number(int(number))


_ENGLISH: tuple[_Rule, ...] = (
    (re.compile(r"(?<!\d)(\d{1,2}):([0-5]\d)(?!\d)(?=\s*([ap])\.?m)?"), _en_clock),
    (re.compile(r"\+?\d{2,4}(?:[- ]\d{3,8})+"), lambda found: en_digits(found[0])),
    (re.compile(r"\d{1,3}(?:,\d{3})+|\d+(?:\.\d+)?"), _en_bare),
    (re.compile(r"\b(?=[A-Z]{2,4}\b)(?!OK\b)[A-Z]+\b"), lambda found: " ".join(found[0])),
)


def _english(text: str) -> str:
    for sign, said in ENGLISH_SIGNS.items():
        text = text.replace(sign, said)
    for pattern, spoken in _ENGLISH:
        text = pattern.sub(spoken, text)
    for written, said in ENGLISH_WORDS.items():
        text = re.sub(rf"(?<!\w){re.escape(written)}(?!\w)", said, text)
    return re.sub(r"\s+", " ", text).strip()
