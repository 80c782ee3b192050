"""What AWS says in its own words, put into the statuses of HTTP. Pure.

Its services tell limits, expired credentials and missing rights by a code, under whatever status:
a throttled request may be a 400. What is asked again, renewed or given up is decided by status.
"""

from __future__ import annotations

import re
from dataclasses import replace

import msgspec

from riskcockpit.connectors.reply import Reply, StatusError
from riskcockpit.domain.untrusted import clean_line

CODE = "x-amzn-errortype"
"""The header in which each refusal names its code, after `heard`."""
LIMITED = frozenset({
    "BandwidthLimitExceeded", "EC2ThrottledException", "LimitExceededException",
    "PriorRequestNotComplete", "ProvisionedThroughputExceededException", "RequestLimitExceeded",
    "RequestThrottled", "RequestThrottledException", "SlowDown", "ThrottledException", "Throttling",
    "ThrottlingException", "TooManyRequestsException", "TransactionInProgressException",
})  # fmt: skip
UNKNOWN_WHO = frozenset({
    "AuthFailure", "AuthorizationHeaderMalformed", "ExpiredToken", "ExpiredTokenException",
    "IncompleteSignature", "IncompleteSignatureException", "InvalidAccessKeyId",
    "InvalidClientTokenId", "InvalidSignatureException", "InvalidToken",
    "MissingAuthenticationToken", "MissingAuthenticationTokenException", "RequestExpired",
    "RequestTimeTooSkewed", "SignatureDoesNotMatch", "TokenRefreshRequired",
    "UnrecognizedClientException",
})  # fmt: skip
DENIED = frozenset({
    "AccessDenied", "AccessDeniedException", "AllAccessDisabled",
    "InsufficientPermissionsException",
    "InvalidAccessException", "NotAuthorized", "OptInRequired", "SubscriptionRequiredException",
    "UnauthorizedOperation",
})  # fmt: skip
"""`InvalidAccessException` is what Security Hub says where it is not switched on."""
REGION = "x-amz-bucket-region"
"""The header that says where a bucket is."""
_MOVED, _BAD_REQUEST, _NOT_FOUND, _SERVER = 300, 400, 404, 500
_FAULTS = {**dict.fromkeys(LIMITED, 429), **dict.fromkeys(UNKNOWN_WHO, 401),
           **dict.fromkeys(DENIED, 403)}  # fmt: skip
_CODE = re.compile(r"[A-Za-z][A-Za-z0-9.]{2,80}")
_XML_CODE = re.compile(rb"<Code>([^<]{1,80})</Code>")
_XML_MESSAGE = re.compile(rb"<Message>([^<]{0,1000})</Message>")
_ABSENT = frozenset({"NotFound", "ResourceNotFound", "ResourceNotFoundException"})
_NOT_THERE = ("could not find", "does not exist", "not found", "cannot find")


class _Refusal(msgspec.Struct, frozen=True):
    """The JSON of a refusal, in every spelling there is."""

    type: str = msgspec.field(default="", name="__type")
    code: str = ""
    Code: str = ""  # noqa: N815 - as AWS writes it
    message: str | None = ""
    Message: str | None = ""


def heard(reply: Reply) -> Reply:
    """Return `reply`; a refusal gets the status, the code and the words it means.

    A redirect to another region is a refusal, too: what we sign holds in one alone.
    """
    region = reply.headers.get(REGION, "")
    if _MOVED <= reply.status < _BAD_REQUEST and region:
        text = f"PermanentRedirect: it is in {clean_line(region)[:40]}"
        return replace(reply, status=_BAD_REQUEST, body=msgspec.json.encode({"message": text}))
    if reply.status < _BAD_REQUEST:
        return reply
    code, words = _read(reply)
    if not code:
        return reply
    status = _FAULTS.get(code, reply.status)
    if reply.status >= _SERVER and status != 429:  # noqa: PLR2004 - too many requests
        status = reply.status
    text = f"{code}: {words}" if words else code
    return replace(
        reply,
        status=status,
        body=msgspec.json.encode({"message": text}),
        headers={**reply.headers, CODE: code},
    )


def code_of(error: StatusError) -> str:
    """Return the code of a refusal; empty when it names none."""
    return error.reply.headers.get(CODE, "")


def is_absent(error: StatusError) -> bool:
    """Whether a refusal says that there is no such thing; SageMaker says so in words alone."""
    code = code_of(error)
    if error.status == _NOT_FOUND or code in _ABSENT or code.startswith("NoSuch"):
        return True
    said = error.message.lower()
    return code.startswith("Validation") and any(words in said for words in _NOT_THERE)


def is_token_expired(error: StatusError) -> bool:
    """Whether a page was refused for its token: too old, or of a question asked otherwise."""
    return error.status == _BAD_REQUEST and (
        "token" in error.message.lower() or "query has changed" in error.message.lower()
    )


def _read(reply: Reply) -> tuple[str, str]:
    code, words = reply.headers.get(CODE, ""), ""
    try:
        found = msgspec.json.decode(reply.body, type=_Refusal)
        code = code or found.type or found.code or found.Code
        words = found.message or found.Message or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        if match := _XML_CODE.search(reply.body):
            code = code or match[1].decode("utf-8", "replace")
            said = _XML_MESSAGE.search(reply.body)
            words = said[1].decode("utf-8", "replace") if said else ""
    # As `com.amazonaws.x#ThrottlingException` or `ThrottlingException:http://…`.
    code = code.rpartition("#")[2].partition(":")[0]
    return (code, words) if _CODE.fullmatch(code) else ("", "")
