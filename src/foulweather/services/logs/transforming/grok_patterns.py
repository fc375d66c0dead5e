"""The grok patterns that there are, as regular expressions, and how often one may be used.

https://docs.aws.amazon.com/AmazonCloudWatch/latest/logs/CloudWatch-Logs-Transformation-Configurable.html#Grok-Patterns
`<name>` opens a group that is a field of its own in the output, `<>` one that is the pattern's value.
"""

from __future__ import annotations

import re
from typing import Final

TOTAL_MAX: Final = 20
# "Any combination of the following patterns can be used as many as five times".
TOGETHER: Final = frozenset({"URI", "URIPARAM", "URIPATHPARAM", "SPACE", "DATA", "GREEDYDATA", "GREEDYDATA_MULTILINE"})
TOGETHER_MAX: Final = 5
_FIVE: Final = (
    "NOTSPACE SPACE DATA GREEDYDATA ARN IPV6 IP HOSTNAME HOST IPORHOST HOSTPORT URIHOST WINPATH PATH URIPARAM "
    "URIPATHPARAM URI SYSLOGHOST"
)
EACH_MAX: Final = {**dict.fromkeys(_FIVE.split(), 5), "GREEDYDATA_MULTILINE": 1}

_OCTET = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
_IPV4 = rf"(?:{_OCTET}(?:\.{_OCTET}){{3}})"
_PIECE = "[0-9A-Fa-f]{1,4}"
_TAIL = rf"(?::(?:{_PIECE}:){{0,6}}(?:{_PIECE}|{_IPV4})|:)"
_IPV6 = (
    rf"(?:(?:{_PIECE}:){{7}}{_PIECE}|(?:{_PIECE}:){{6}}{_IPV4}|(?:{_PIECE}:){{1,7}}{_TAIL}|:{_TAIL})"
    r"(?:%[0-9A-Za-z]+)?"
)
_IP = f"(?:{_IPV6}|{_IPV4})"
_LABEL = r"[0-9A-Za-z](?:[0-9A-Za-z-]{0,61}[0-9A-Za-z])?"
_HOST = rf"(?:{_LABEL}(?:\.{_LABEL})*\.?)"
_IPORHOST = f"(?:{_IP}|{_HOST})"
_MAC = {
    "CISCOMAC": r"(?:[0-9A-Fa-f]{4}\.){2}[0-9A-Fa-f]{4}",
    "WINDOWSMAC": r"(?:[0-9A-Fa-f]{2}-){5}[0-9A-Fa-f]{2}",
    "COMMONMAC": r"(?:[0-9A-Fa-f]{2}:){5}[0-9A-Fa-f]{2}",
}
_URIPROTO = r"[A-Za-z]+(?:\+[A-Za-z+]+)?"
_URIPATH = r"(?:/[A-Za-z0-9$.+!*'(){},~:;=@#%&_\-]*)+"
_URIPARAM = r"\?[A-Za-z0-9$.+!*'|(){},~@#%&/=:;_?\-\[\]><]*"
_UNIXPATH = r"(?:/[\w%!$@:.,+~?&=#-]*)+"
_WINPATH = r"(?:[A-Za-z]:|\\)(?:\\[^\\?*\r\n]*)+"
_MONTH = (
    "(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sep(?:tember)?|Oct(?:ober)?"
    "|Nov(?:ember)?|Dec(?:ember)?)"
)
_MONTHNUM = "(?:1[0-2]|0?[1-9])"
_MONTHDAY = r"(?:3[01]|[12]\d|0?[1-9])"
_YEAR = r"(?:\d{4}|\d{2})"
_DAY = "(?:Mon(?:day)?|Tue(?:sday)?|Wed(?:nesday)?|Thu(?:rsday)?|Fri(?:day)?|Sat(?:urday)?|Sun(?:day)?)"
_HOUR = r"(?:2[0-3]|[01]?\d)"
_MINUTE = r"[0-5]\d"
_SECOND = r"(?:60|[0-5]?\d)(?:[:.,]\d+)?"
_TIME = f"{_HOUR}:{_MINUTE}:{_SECOND}"
_DATE_US = f"{_MONTHNUM}[/-]{_MONTHDAY}[/-]{_YEAR}"
_DATE_EU = f"{_MONTHDAY}[./-]{_MONTHNUM}[./-]{_YEAR}"
_DATE = f"(?:{_DATE_US}|{_DATE_EU})"
_OFFSET = rf"(?:Z|[+-]{_HOUR}:?{_MINUTE})"
_TZ = "(?:[PMCE][SD]T|UTC)"
_INT = r"[+-]?\d+"
_PROG = r"[A-Za-z0-9._/%-]+"
_NUMBER = r"[+-]?(?:\d+(?:\.\d+)?|\.\d+)"
_LEVELS = "alert trace debug notice info warn warning err error crit critical fatal severe emerg emergency"
_LOGLEVEL = "|".join([form for word in _LEVELS.split() for form in (word.capitalize(), word.upper())])

PATTERNS: Final[dict[str, str]] = {
    "USERNAME": r"[A-Za-z0-9._-]+",
    "USER": r"[A-Za-z0-9._-]+",
    "INT": _INT,
    "NUMBER": _NUMBER,
    "BASE10NUM": _NUMBER,
    "BASE16NUM": r"[+-]?(?:0x)?[0-9A-Fa-f]+",
    "POSINT": r"[1-9]\d*",
    "NONNEGINT": r"\d+",
    "WORD": r"\b\w+\b",
    "NOTSPACE": r"\S+",
    "SPACE": r"\s*",
    "DATA": r"[^\n]*?",
    "GREEDYDATA": r"[^\n]*",
    "GREEDYDATA_MULTILINE": r"(?s:.*)",
    # "Hello, world!" is found as Hello, world!
    "QUOTEDSTRING": r'(?:"<>(?:\\.|[^"\\])*)"|' + r"'<>(?:\\.|[^'\\])*)')",
    "UUID": r"[0-9A-Fa-f]{8}-(?:[0-9A-Fa-f]{4}-){3}[0-9A-Fa-f]{12}",
    "URN": r"urn:[0-9A-Za-z][0-9A-Za-z-]{0,31}:(?:%[0-9a-fA-F]{2}|[0-9A-Za-z()+,.:=@;$_!*'/?#-])+",
    # "It will not match ARNs that are missing information between colons."
    "ARN": r"arn:(?:aws|aws-cn|aws-us-gov):[\w-]+:[\w-]+:\d{12}:[^\s/]+(?:/[^\s/]+){0,5}",
    **_MAC,
    "MAC": "|".join(_MAC.values()),
    "IPV6": _IPV6,
    "IPV4": _IPV4,
    "IP": _IP,
    "HOSTNAME": _HOST,
    "HOST": _HOST,
    "IPORHOST": _IPORHOST,
    "HOSTPORT": rf"{_IPORHOST}:<PORT>[1-9]\d*)",
    "URIHOST": rf"{_IPORHOST}(?::<port>[1-9]\d*))?",
    "UNIXPATH": _UNIXPATH,
    "WINPATH": _WINPATH,
    "PATH": f"{_UNIXPATH}|{_WINPATH}",
    "TTY": r"/dev/(?:pts|tty(?:[pq])?)(?:\w+)?/?\d*",
    "URIPROTO": _URIPROTO,
    "URIPATH": _URIPATH,
    "URIPARAM": _URIPARAM,
    "URIPATHPARAM": f"{_URIPATH}(?:{_URIPARAM})?",
    "URI": rf"{_URIPROTO}://(?:[A-Za-z0-9._-]+(?::[^@\s]*)?@)?(?:{_IPORHOST}(?::\d+)?)?(?:{_URIPATH}(?:{_URIPARAM})?)?",
    "MONTH": rf"\b{_MONTH}\b",
    "MONTHNUM": _MONTHNUM,
    "MONTHNUM2": "(?:0[1-9]|1[0-2])",
    "MONTHDAY": _MONTHDAY,
    "YEAR": _YEAR,
    "DAY": _DAY,
    "HOUR": _HOUR,
    "MINUTE": _MINUTE,
    "SECOND": _SECOND,
    "TIME": _TIME,
    "DATE_US": _DATE_US,
    "DATE_EU": _DATE_EU,
    "ISO8601_TIMEZONE": _OFFSET,
    "ISO8601_SECOND": _SECOND,
    "TIMESTAMP_ISO8601": rf"{_YEAR}-{_MONTHNUM}-{_MONTHDAY}[T ]{_HOUR}:?{_MINUTE}(?::?{_SECOND})?{_OFFSET}?",
    "DATE": _DATE,
    "DATESTAMP": f"{_DATE}[ -]{_TIME}",
    "TZ": _TZ,
    "DATESTAMP_RFC822": f"{_DAY} {_MONTH} {_MONTHDAY} {_YEAR} {_TIME} {_TZ}",
    "DATESTAMP_RFC2822": f"{_DAY}, {_MONTHDAY} {_MONTH} {_YEAR} {_TIME} {_OFFSET}",
    "DATESTAMP_OTHER": f"{_DAY} {_MONTH} {_MONTHDAY} {_TIME} {_TZ} {_YEAR}",
    "DATESTAMP_EVENTLOG": rf"{_YEAR}(?:0[1-9]|1[0-2]){_MONTHDAY}{_HOUR}{_MINUTE}{_SECOND}",
    "LOGLEVEL": _LOGLEVEL,
    "HTTPDATE": f"{_MONTHDAY}/{_MONTH}/{_YEAR}:{_TIME} {_INT}",
    "SYSLOGTIMESTAMP": f"{_MONTH} +{_MONTHDAY} {_TIME}",
    "PROG": _PROG,
    "SYSLOGPROG": rf"<program>{_PROG})(?:\[<pid>[1-9]\d*)\])?",
    "SYSLOGHOST": _IPORHOST,
    "SYSLOGFACILITY": r"<<facility>\d+)\.<priority>\d+)>",
}

# One request's line of an access log; what is "-" is no field. NGINX's has the last two, Apache's may have them.
_ACCESS = (
    r"<remote_host>\S+) \S+ <auth_user>\S+) \[<timestamp>[^\]]+)\] "
    r'"(?:<http_method>[A-Z]+) <request>[^"]*?)(?: HTTP/<http_version>[\d.]+))?|[^"]*)" '
    r"<status_code>\d{3}) <response_size>\d+|-)"
)
_AGENT = r' "<referrer>[^"]*)" "<agent>(?:\\.|[^"\\])*)"'
COMMON: Final[dict[str, str]] = {
    "APACHE_ACCESS_LOG": f"{_ACCESS}(?:{_AGENT})?",
    "NGINX_ACCESS_LOG": f"{_ACCESS}{_AGENT}",
    "SYSLOG5424": (
        r"<<pri>\d+)><version>\d+) <timestamp>\S+) <hostname>\S+) <app>\S+) <proc_id>\S+) <msg_id>\S+) "
        r'(?:-|\[<structured_data>(?:"(?:\\.|[^"\\])*"|[^\]"])*)\]) ?<message>(?s:.*))'
    ),
}
TYPED: Final = frozenset({"status_code", "response_size", "pri", "version"})
"""The fields of the common logs that are numbers."""
OPENING: Final = re.compile(r"<(\w*)>")
"""Where a group of a pattern opens; a `<` before another is the sign itself."""
