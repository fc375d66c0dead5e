"""S3 Select's refusals, in its words.

https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html#SelectObjectContentErrorCodeList
"""

from __future__ import annotations

from typing import Final

from foulweather.kernel.errors import AwsError
from foulweather.kernel.why import Fact

_WORDS: Final = {
    "AmbiguousFieldName": "Field name matches to multiple fields in the file. Check the SQL expression and the file, "
    "and try again.",
    "CastFailed": "Attempt to convert from one data type to another using CAST failed in the SQL expression.",
    "CSVParsingError": "Encountered an error parsing the CSV file. Check the file and try again.",
    "CSVUnescapedQuote": "Encountered an unescaped quote while parsing the CSV file. Check the file and try again.",
    "DivisionByZero": "Attempt to divide by zero in the SQL expression.",
    "EvaluatorInvalidArguments": "Incorrect number of arguments in the function call in the SQL expression.",
    "EvaluatorInvalidTimestampFormatPattern": "Time stamp format string in the SQL expression is invalid.",
    "EvaluatorLikePatternInvalidEscapeSequence": "Invalid escape sequence in the LIKE pattern.",
    "ExpressionTooLong": "The SQL expression is too long: The maximum byte-length for the SQL expression is 256 KB.",
    "IllegalSqlFunctionArgument": "Illegal argument was used in the SQL function.",
    "IncorrectSqlFunctionArgumentType": "Incorrect type of arguments in function call in the SQL expression.",
    "InvalidColumnIndex": "Column index in the SQL expression is invalid.",
    "InvalidCompressionFormat": "The file is not in a supported compression format. Only GZIP and BZIP2 are supported.",
    "InvalidDataSource": "Invalid data source type. Only CSV, JSON, and Parquet are supported.",
    "InvalidDataType": "The SQL expression contains an invalid data type.",
    "InvalidExpressionType": "The ExpressionType is invalid. Only SQL expressions are supported.",
    "InvalidFileHeaderInfo": "The FileHeaderInfo is invalid. Only NONE, USE, and IGNORE are supported.",
    "InvalidJsonType": "The JsonType is invalid. Only DOCUMENT and LINES are supported.",
    "InvalidKeyPath": "Key path in the SQL expression is invalid.",
    "InvalidQuoteFields": "The QuoteFields is invalid. Only ALWAYS and ASNEEDED are supported.",
    "InvalidRequestParameter": "The value of a parameter in SelectRequest element is invalid. Check the service API "
    "documentation and try again.",
    "InvalidScanRange": "The provided scan range is invalid.",
    "InvalidTableAlias": "The SQL expression contains an invalid table alias.",
    "InvalidTextEncoding": "Invalid encoding type. Only UTF-8 encoding is supported.",
    "JSONParsingError": "Encountered an error parsing the JSON file. Check the file and try again.",
    "LexerInvalidChar": "The SQL expression contains an invalid character.",
    "LexerInvalidIONLiteral": "The SQL expression contains an invalid ION literal.",
    "LexerInvalidLiteral": "The SQL expression contains an invalid literal.",
    "MissingHeaders": "Some headers in the query are missing from the file. Check the file and try again.",
    "MissingRequiredParameter": "The SelectRequest entity is missing a required parameter. Check the service "
    "documentation and try again.",
    "ObjectSerializationConflict": "The SelectRequest entity can only contain one of CSV or JSON. Check the service "
    "documentation and try again.",
    "OverMaxRecordSize": "The length of a record in the input or result is greater than maxCharsPerRecord of 1 MB.",
    "ParseAsteriskIsNotAloneInSelectList": "Other expressions are not allowed in the SELECT list when '*' is used "
    "without dot notation in the SQL expression.",
    "ParseEmptySelect": "The SQL expression contains an empty SELECT.",
    "ParseExpectedKeyword": "Did not find the expected keyword in the SQL expression.",
    "ParseExpectedExpression": "Did not find the expected SQL expression.",
    "ParseExpectedNumber": "Did not find the expected number in the SQL expression.",
    "ParseExpectedDatePart": "Did not find the expected date part in the SQL expression.",
    "ParseExpectedRightParenBuiltinFunctionCall": "Did not find the expected right parenthesis character in the SQL "
    "expression.",
    "ParseExpectedTypeName": "Did not find the expected type name in the SQL expression.",
    "ParseInvalidPathComponent": "The SQL expression contains an invalid path component.",
    "ParseNonUnaryAgregateFunctionCall": "Only one argument is supported for aggregate functions in the SQL "
    "expression.",
    "ParseSelectMissingFrom": "The SQL expression is missing a FROM after the SELECT list.",
    "ParseUnexpectedToken": "The SQL expression contains an unexpected token.",
    "TruncatedInput": "Object decompression failed. Check that the object is properly compressed using the format "
    "specified in the request.",
    "UnsupportedFunction": "Encountered an unsupported SQL function.",
    "UnsupportedScanRangeInput": "Scan range queries are not supported on this type of input.",
    "UnsupportedSqlOperation": "Encountered an unsupported SQL operation.",
    "UnsupportedSqlStructure": "Encountered an unsupported SQL structure. Check the SQL Reference.",
    "UnsupportedSyntax": "Encountered invalid syntax.",
}


def refused(code: str, what: str = "expression", value: object = None) -> AwsError:
    """A query that cannot be run, or an object that it cannot be run on."""
    return AwsError(code, _WORDS[code], 400, facts=(Fact("request", what, value),))
