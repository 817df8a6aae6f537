"""LDAP messages of a server, as ldap3 writes them."""

from ldap3.protocol.rfc4511 import (
    LDAPDN,
    AttributeDescription,
    BindResponse,
    LDAPMessage,
    LDAPString,
    MessageID,
    PartialAttribute,
    PartialAttributeList,
    ProtocolOp,
    ResultCode,
    SearchResultDone,
    SearchResultEntry,
    Vals,
)
from ldap3.utils.asn1 import encode


def entry(id_: int, name: str, held: dict[str, list[bytes]]) -> bytes:
    """An entry that a search has found."""
    found = SearchResultEntry()
    found["object"] = LDAPDN(name)
    found["attributes"] = PartialAttributeList()
    for place, (described, values) in enumerate(held.items()):
        attribute = PartialAttribute()
        attribute["type"] = AttributeDescription(described)
        attribute["vals"] = Vals()
        attribute["vals"].extend(values)
        found["attributes"][place] = attribute
    return _message(id_, "searchResEntry", found)


def done(id_: int, code: int = 0) -> bytes:
    """The end of a search."""
    return _message(id_, "searchResDone", _result(SearchResultDone(), code))


def bound(id_: int) -> bytes:
    """The answer to a bind that succeeded."""
    return _message(id_, "bindResponse", _result(BindResponse(), 0))


def _result(response: BindResponse, code: int) -> object:
    response["resultCode"] = ResultCode(code)
    response["matchedDN"] = LDAPDN("")
    response["diagnosticMessage"] = LDAPString("")
    return response


def _message(id_: int, operation: str, content: object) -> bytes:
    whole = LDAPMessage()
    whole["messageID"] = MessageID(id_)
    whole["protocolOp"] = ProtocolOp().setComponentByName(operation, content)
    octets: bytes = encode(whole)
    return octets
