"""Messages of RFC 4533 as a server sends them, written by pyasn1 from the RFC's definitions."""

from typing import Any

from ldap3.protocol.rfc4511 import (
    LDAPDN,
    LDAPOID,
    AttributeDescription,
    Control,
    Controls,
    ControlValue,
    Criticality,
    IntermediateResponse,
    IntermediateResponseName,
    IntermediateResponseValue,
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
from pyasn1.type.namedtype import DefaultedNamedType, NamedType, NamedTypes, OptionalNamedType
from pyasn1.type.tag import Tag, tagClassContext, tagFormatConstructed, tagFormatSimple
from pyasn1.type.univ import Boolean, Choice, Enumerated, OctetString, Sequence, SetOf

OID = "1.3.6.1.4.1.4203.1.9.1."


def sync_request() -> Any:
    """What a request holds (2.2)."""
    return _sequence(
        NamedType("mode", Enumerated()),
        OptionalNamedType("cookie", OctetString()),
        DefaultedNamedType("reloadHint", Boolean(False)),
    )


def _sync_state() -> Any:
    """2.3."""
    return _sequence(
        NamedType("state", Enumerated()),
        NamedType("entryUUID", OctetString()),
        OptionalNamedType("cookie", OctetString()),
    )


def _sync_info() -> Any:
    """2.5."""
    over = _sequence(
        OptionalNamedType("cookie", OctetString()),
        DefaultedNamedType("refreshDone", Boolean(True)),
    )
    named = _sequence(
        OptionalNamedType("cookie", OctetString()),
        DefaultedNamedType("refreshDeletes", Boolean(False)),
        NamedType("syncUUIDs", SetOf(componentType=OctetString())),
    )
    return Choice(
        componentType=NamedTypes(
            NamedType("newcookie", _tagged(OctetString(), 0, tagFormatSimple)),
            NamedType("refreshDelete", _tagged(over, 1, tagFormatConstructed)),
            NamedType("refreshPresent", _tagged(over, 2, tagFormatConstructed)),
            NamedType("syncIdSet", _tagged(named, 3, tagFormatConstructed)),
        )
    )


def _sequence(*parts: object) -> Any:
    return Sequence(componentType=NamedTypes(*parts))


def _tagged(kind: Any, number: int, form: int) -> Any:
    return kind.subtype(implicitTag=Tag(tagClassContext, form, number))


def found(
    id_: int,
    state: int,
    uuid: bytes,
    name: str,
    held: dict[str, list[bytes]] | None = None,
    cookie: bytes | None = None,
) -> bytes:
    """An entry with what the server says of it."""
    entry = SearchResultEntry()
    entry["object"] = LDAPDN(name)
    entry["attributes"] = PartialAttributeList()
    for place, (described, values) in enumerate((held or {}).items()):
        attribute = PartialAttribute()
        attribute["type"] = AttributeDescription(described)
        attribute["vals"] = Vals()
        attribute["vals"].extend(values)
        entry["attributes"][place] = attribute
    said = _sync_state()
    said["state"] = state
    said["entryUUID"] = uuid
    if cookie is not None:
        said["cookie"] = cookie
    control = Control()
    control["controlType"] = LDAPOID(OID + "2")
    control["criticality"] = Criticality(False)
    control["controlValue"] = ControlValue(encode(said))
    return _message(id_, "searchResEntry", entry, control)


def new_cookie(id_: int, cookie: bytes) -> bytes:
    """Sync Info `newcookie`."""
    info = _sync_info()
    info["newcookie"] = cookie
    return _info(id_, info)


def phase_end(id_: int, *, deletes: bool, cookie: bytes | None = None, done: bool = True) -> bytes:
    """Sync Info `refreshDelete` or `refreshPresent`."""
    info = _sync_info()
    over = info["refreshDelete" if deletes else "refreshPresent"]
    over["refreshDone"] = done
    if cookie is not None:
        over["cookie"] = cookie
    return _info(id_, info)


def id_set(id_: int, *uuids: bytes, deletes: bool, cookie: bytes | None = None) -> bytes:
    """Sync Info `syncIdSet`."""
    info = _sync_info()
    named = info["syncIdSet"]
    named["refreshDeletes"] = deletes
    named["syncUUIDs"].extend(uuids)
    if cookie is not None:
        named["cookie"] = cookie
    return _info(id_, info)


def ended(id_: int, code: int, diagnostic: str = "") -> bytes:
    """The end of the search."""
    result = SearchResultDone()
    result["resultCode"] = ResultCode(code)
    result["matchedDN"] = LDAPDN("")
    result["diagnosticMessage"] = LDAPString(diagnostic)
    return _message(id_, "searchResDone", result)


def other_info(id_: int, oid: str) -> bytes:
    """An intermediate response of something else."""
    response = IntermediateResponse()
    response["responseName"] = IntermediateResponseName(oid)
    response["responseValue"] = IntermediateResponseValue(b"\x80\x00")
    return _message(id_, "intermediateResponse", response)


def _info(id_: int, info: Any) -> bytes:
    response = IntermediateResponse()
    response["responseName"] = IntermediateResponseName(OID + "4")
    response["responseValue"] = IntermediateResponseValue(encode(info))
    return _message(id_, "intermediateResponse", response)


def _message(id_: int, operation: str, content: object, *controls: object) -> bytes:
    whole = LDAPMessage()
    whole["messageID"] = MessageID(id_)
    whole["protocolOp"] = ProtocolOp().setComponentByName(operation, content)
    if controls:
        whole["controls"] = Controls()
        whole["controls"].extend(controls)
    octets: bytes = encode(whole)
    return octets
