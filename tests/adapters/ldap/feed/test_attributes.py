"""What is asked for of each entry."""

from dataclasses import replace

from adapters.ldap.feed.attributes import feed_attributes
from mappings.loader import RESOURCES, load


def test_all_that_readers_show_is_asked_for_and_nothing_secret() -> None:
    """Every attribute of every mapping, but no members, passwords or digests."""
    for name in ("default", "posix"):
        mappings = load(name)
        asked = {attribute.lower() for attribute in feed_attributes(mappings)}
        shown = {
            attribute.lower()
            for resource in RESOURCES
            for attribute in getattr(mappings, resource).attributes
        }
        assert shown <= asked
        assert {"entryuuid", "entrycsn", "pwdlockoutduration"} <= asked
        never = {"member", "userpassword", "dgwtokendigest", "dgwonetimetoken", "dgwmfafactor"}
        assert not never & asked


def test_an_attribute_is_named_once() -> None:
    """Whatever the spelling in different mappings."""
    asked = feed_attributes(load("default"))
    assert len(asked) == len({attribute.lower() for attribute in asked})


def test_what_one_kind_keeps_secret_no_other_gives_away() -> None:
    """An attribute that is secret in any mapping is left out for all."""
    mappings = load("default")
    row = mappings.partner.field("name")
    secret = replace(row, attribute="TITLE", secret=True)
    fields = {**mappings.partner.fields, "name": secret}
    changed = replace(mappings, partner=replace(mappings.partner, fields=fields))
    assert "title" in {attribute.lower() for attribute in feed_attributes(mappings)}
    assert "title" not in {attribute.lower() for attribute in feed_attributes(changed)}
