"""The loader: shipped mappings load, and anything that is not understood names its place."""

import shutil
from pathlib import Path

import pytest

import mappings
from mappings.loader import RESOURCES, MappingError, load, parse, parse_common
from mappings.table import Codec, Field, Standard, Values, Write

SHIPPED = Path(mappings.__file__).parent
COMMON = {"id": Field(name="id", attribute="entryUUID", codec=Codec.UUID, write=Write.NEVER)}
THING = """
container = ["ou=things"]
recognise = "device"
rdn = "name"
object_classes = ["device"]

[fields.name]
attribute = "cn"
required = true
"""


@pytest.mark.parametrize("name", ["default", "posix"])
def test_shipped_mappings_load(name: str) -> None:
    """Each has all resources, and each resource the rows that all have."""
    loaded = load(name)
    assert loaded.name == name
    for resource in RESOURCES:
        mapping = getattr(loaded, resource)
        assert mapping.resource == resource
        assert {"id", "version", "created_at", "updated_at"} <= mapping.fields.keys()
        assert "objectClass" in mapping.attributes


def test_secrets_are_not_read_by_the_way() -> None:
    """What is secret is never among the attributes of an ordinary read."""
    for name in ("default", "posix"):
        user = load(name).user
        secrets = {row.attribute for row in user.fields.values() if row.secret}
        assert secrets == {"userPassword", "dgwMfaFactor", "dgwOneTimeToken"}
        assert not secrets & set(user.attributes)


def test_what_the_directory_keeps_unique() -> None:
    """Names that log in, and generated numbers where there are any."""
    assert load("default").user.unique_attributes == ("uid", "mail")
    assert load("posix").user.unique_attributes == ("uid", "mail", "uidNumber")


def test_complaints_of_a_server_find_their_field() -> None:
    """Each attribute leads to the field that stands in it."""
    names = load("default").user.fields_by_attribute
    assert names["telephonenumber"] == "phone"
    assert names["title"] == names["dgwcustomattribute"] == "custom_attributes"


def test_standard_attributes_say_what_stands_in_them() -> None:
    """A codec alone is enough; a table tells more, and what it does not tell is the default."""
    text = """
[custom]
attribute = "x"
[custom.standard]
l = "text"
fax = { codec = "telephone", filter = false }
manager = { codec = "reference", scim = "m.value" }
"""
    custom = parse(f"{THING}{text}", COMMON, "thing.toml").custom
    assert custom is not None
    assert custom.standard == {
        "l": Standard(),
        "fax": Standard(codec=Codec.TELEPHONE, filter=False),
        "manager": Standard(codec=Codec.REFERENCE, scim="m.value"),
    }


def test_sorting_and_searching_follow_from_rows() -> None:
    """The sort keys of users are those that REST documents; searches look into five fields."""
    user = load("default").user
    assert user.sortable == {
        *("created_at", "updated_at", "email", "username", "display_name", "first_name"),
        *("last_name", "status", "last_login_at"),
    }
    assert set(user.searchable) == {
        *("email", "username", "display_name", "first_name", "last_name"),
    }


def test_a_small_mapping_is_read() -> None:
    """What a file says is what a row has; what it does not say is the default."""
    mapping = parse(THING, COMMON, "thing.toml")
    row = mapping.fields["name"]
    assert (row.attribute, row.required, row.codec, row.values) == (
        *("cn", True),
        *(Codec.TEXT, Values.ONE),
    )
    assert mapping.fields.keys() == {"name", "id"}
    assert mapping.attributes == ("objectClass", "cn", "entryUUID")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("rdn =", "rdm ="), "thing.toml: rdm: unknown; known are "),
        (('recognise = "device"', ""), "thing.toml: recognise: is missing"),
        (("rdn =", "rdn = ["), "thing.toml: no TOML: "),
        (('"ou=things"', '"things"'), "thing.toml: container: is no relative DN"),
        (('["device"]', '"device"'), "thing.toml: object_classes: must be a list"),
        (('["device"]', '["device", "Device"]'), "object_classes: says something twice"),
        (('"device"\nrdn', '"de vice"\nrdn'), "thing.toml: recognise: is no name of an attribute"),
        (('rdn = "name"', "rdn = 5"), "thing.toml: rdn: must be a text"),
        (('rdn = "name"', 'rdn = "id"'), "thing.toml: rdn: must be a required text"),
        (('rdn = "name"', 'rdn = "title"'), "thing.toml: rdn: must be a required text"),
        (("required", "requird"), "thing.toml: fields.name: requird: unknown; known are "),
        (('attribute = "cn"', ""), "thing.toml: fields.name: attribute: is missing"),
        (('attribute = "cn"', 'attribute = ""'), "fields.name: attribute: must be a text"),
        (("required = true", "required = 1"), "fields.name: required: must be true or false"),
        (("required", 'name = "x"\nrequired'), "fields.name: name: is the row's own"),
        (("required", 'codec = "txt"\nrequired'), "fields.name: codec: must be one of text, ia5"),
        (("required", 'values = "two"\nrequired'), "fields.name: values: must be one of one, "),
        (("required", 'write = "me"\nrequired'), "fields.name: write: must be one of never, "),
        (("required", "max_length = 0\nrequired"), "fields.name: max_length: must be a number"),
        (("required", "default = []\nrequired"), "fields.name: default: must be a text, a number"),
        (("required", 'default = "x"\nrequired'), "fields.name: required: a required field has"),
        (("required = true", "default = true"), "default: does not fit the codec text"),
        (("required", "secret = true\nsort = true\nrequired"), "fields.name: secret: a secret is"),
        (("required", "auxiliary = true\nrequired"), "fields.name: auxiliary: the resource has no"),
        (("required", 'words = ["A"]\nrequired'), "fields.name: words: an enum has words"),
        (("[fields.name]", "[fields.Name]"), "thing.toml: fields.Name: is no name"),
        (("[fields.name]", "[fields.id]"), "thing.toml: fields.id: stands in resource.toml"),
    ],
)
def test_what_is_not_understood_names_its_place(change: tuple[str, str], message: str) -> None:
    """File, row and key are in the message, and what would be right."""
    text = THING.replace(*change, 1)
    assert text != THING
    with pytest.raises(MappingError) as wrong:
        parse(text, COMMON, "thing.toml")
    assert message in str(wrong.value)


@pytest.mark.parametrize(
    ("added", "message"),
    [
        ('[fields.other]\nattribute = "CN"', "fields.other: attribute: cn is taken by fields.name"),
        ("[fields.name]\n", "thing.toml: no TOML: "),
        ("[fields]\nother = 1", "thing.toml: fields.other: must be a table"),
        ("[derived]\nother = 1", "thing.toml: derived.other: must be a table"),
        (
            '[fields.a]\nattribute = "x"\nrest = "r"\n[derived.b]\nrest = "r"',
            "r is taken by a",
        ),
        (
            '[fields.a]\nattribute = "x"\nscim = "r"\n[derived.b]\nscim = "r"',
            "r is taken by a",
        ),
        ("[derived.name]", "derived.name: stands among the fields, too"),
        ('[derived.x]\nattribute = "y"', "derived.x: attribute: unknown"),
        ('[fields.a]\nattribute = "x"\ncodec = "enum"', "fields.a: words: an enum has words"),
        (
            '[fields.a]\nattribute = "x"\ncodec = "enum"\nwords = ["A"]\ndefault = "B"',
            "fields.a: default: is none of the words",
        ),
        (
            '[fields.a]\nattribute = "x"\ncodec = "time"\nsearch = true',
            "a: codec: only texts",
        ),
        ('[fields.a]\nattribute = "x"\nvalues = "many"\nsort = true', "fields.a: values: many"),
        (
            '[fields.a]\nattribute = "x"\ncodec = "time"\nplaceholder = "-"',
            "fields.a: placeholder: only a single text has one",
        ),
        ('[[generated]]\nattribute = "sn"', "generated.1: needs exactly one of"),
        ('[[generated]]\nattribute = "sn"\nfirst_of = ["nick"]', "no field is called 'nick'"),
        ('[[generated]]\nattribute = "sn"\ntext = "/{nick}"', "no field is called 'nick'"),
        ('[[generated]]\nattribute = "cn"\ntext = "x"', "cn is taken by fields.name"),
        ('[[generated]]\nattribute = "n"\nrandom_integer = [2, 1]', "must be two numbers"),
        ("[generated]\nx = 1", "thing.toml: generated: must be [[generated]] tables"),
        ('[custom]\nattribute = "x"\ncolour = 1', "custom: colour: unknown"),
        ('[custom]\nattribute = "x"\nstandard = ["l"]', "custom: standard: must be a table"),
        ('[custom]\nattribute = "x"\n[custom.standard]\nl = "time"', "must be one of text, ia5"),
        ('[custom]\nattribute = "x"\n[custom.standard]\ncn = "text"', "cn is taken by fields.name"),
        ('[custom]\nattribute = "x"\nauxiliary = true', "custom: auxiliary: the resource has no"),
        ('[custom]\nattribute = "x"\n[custom.standard.l]\nsort = true', "standard: has no sort;"),
        ('[custom]\nattribute = "x"\n[custom.standard.l]\nfilter = 1', "must be true or false"),
        ('[custom]\nattribute = "x"\n[custom.standard.l]\nscim = ""', "must be a text"),
        (
            '[derived.a]\nscim = "t"\n[custom]\nattribute = "x"\nstandard.l.scim = "t"',
            "custom.l: scim: t is taken by a",
        ),
        (
            '[fields.a]\nattribute = "x"\nvalues = "further"',
            "fields.a: values: no field shows the first one",
        ),
        (
            '[fields.a]\nattribute = "x"\nvalues = "many"\ndefault = "d"',
            "fields.a: values: many values can be neither",
        ),
    ],
)
def test_what_contradicts_itself_names_its_place(added: str, message: str) -> None:
    """Two homes, two meanings, or references to nothing are errors."""
    with pytest.raises(MappingError) as wrong:
        parse(f"{THING}\n{added}\n", COMMON, "thing.toml")
    assert message in str(wrong.value)


def test_demands_are_attributes_of_fields() -> None:
    """What makes an entry one of a kind has a field to show it."""
    with pytest.raises(MappingError, match=r"thing.toml: demands: mail is no field's attribute"):
        parse(f'demands = ["mail"]\n{THING}', COMMON, "thing.toml")


def test_the_rows_of_all_are_read_as_strictly() -> None:
    """`resource.toml` has rows and nothing else."""
    with pytest.raises(MappingError, match=r"resource.toml: container: unknown"):
        parse_common('container = ["ou=x"]\n[fields.id]\nattribute = "x"', "resource.toml")
    with pytest.raises(MappingError, match=r"resource.toml: fields: is missing"):
        parse_common("", "resource.toml")


@pytest.fixture
def site(tmp_path: Path) -> Path:
    """A mapping of a site's own: a copy of the default one."""
    return Path(shutil.copytree(SHIPPED / "default", tmp_path / "site"))


def test_a_mapping_can_stand_in_any_folder(site: Path) -> None:
    """A path loads as a name does; files may say that they are as the default."""
    (site / "group.toml").write_text('same_as = "default"')
    loaded = load(str(site))
    assert loaded.name == "site"
    assert loaded.group == load("default").group


@pytest.mark.parametrize("name", ["nothing", "/nowhere/at/all", "..", ""])
def test_a_mapping_that_is_not_there_is_an_error(name: str) -> None:
    """Nothing is loaded instead of what was meant."""
    with pytest.raises(MappingError):
        load(name)


def test_a_file_too_many_or_too_few_is_an_error(site: Path) -> None:
    """A file that no resource is called after is as wrong as one that is missing."""
    (site / "users.toml").write_text("")
    with pytest.raises(MappingError, match=r"users.toml: no resource is called users"):
        load(str(site))
    (site / "users.toml").unlink()
    (site / "user.toml").unlink()
    with pytest.raises(MappingError, match=r"user.toml: not readable"):
        load(str(site))


def test_a_mapping_has_the_rows_of_the_default_one(site: Path) -> None:
    """A row that the gateway does not know, or misses, is an error."""
    file = site / "partner.toml"
    text = file.read_text()
    file.write_text(text + '\n[fields.colour]\nattribute = "l"\n')
    with pytest.raises(MappingError, match=r"partner.toml: fields.colour: no such field is known"):
        load(str(site))
    file.write_text(text[: text.index("[fields.name]")])
    with pytest.raises(MappingError, match=r"partner.toml: fields.name: is missing"):
        load(str(site))
