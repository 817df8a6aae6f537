"""A server as Debian's package leaves it: one empty database, nothing of the gateway's."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from gateway.devstack.processes import ChildProcess, exchange, find_binary, free_port

SUFFIX = "dc=nodomain"
CONFIG_DN, CONFIG_PASSWORD = "cn=admin,cn=config", "config-secret"
ADMIN_DN, ADMIN_PASSWORD = "cn=admin,dc=nodomain", "data-secret"

_ANONYMOUS_BIND = bytes.fromhex("300c020101600702010304008000")
CONFIG = f"""\
dn: cn=config
objectClass: olcGlobal
cn: config

dn: cn=module{{0}},cn=config
objectClass: olcModuleList
cn: module{{0}}
olcModulePath: /usr/lib/ldap
olcModuleLoad: {{0}}back_mdb

dn: cn=schema,cn=config
objectClass: olcSchemaConfig
cn: schema

include: file:///etc/ldap/schema/core.ldif
include: file:///etc/ldap/schema/cosine.ldif
include: file:///etc/ldap/schema/nis.ldif
include: file:///etc/ldap/schema/inetorgperson.ldif

dn: olcDatabase={{-1}}frontend,cn=config
objectClass: olcDatabaseConfig
objectClass: olcFrontendConfig
olcDatabase: {{-1}}frontend
olcSizeLimit: 500
olcAccess: {{0}}to dn.exact="" by * read
olcAccess: {{1}}to dn.base="cn=Subschema" by * read

dn: olcDatabase={{0}}config,cn=config
objectClass: olcDatabaseConfig
olcDatabase: {{0}}config
olcRootDN: {CONFIG_DN}
olcRootPW: {CONFIG_PASSWORD}
olcAccess: {{0}}to * by dn.exact=gidNumber=0+uidNumber=0,cn=peercred,cn=external,cn=auth manage
  by * break

dn: olcDatabase={{1}}mdb,cn=config
objectClass: olcDatabaseConfig
objectClass: olcMdbConfig
olcDatabase: {{1}}mdb
olcDbDirectory: @data@
olcSuffix: {SUFFIX}
olcRootDN: {ADMIN_DN}
olcRootPW: {ADMIN_PASSWORD}
olcAccess: {{0}}to attrs=userPassword by self write by anonymous auth by * none
olcAccess: {{1}}to attrs=shadowLastChange by self write by * read
olcAccess: {{2}}to * by * read
olcLastMod: TRUE
olcDbIndex: objectClass eq
olcDbIndex: cn,uid eq
olcDbIndex: uidNumber,gidNumber eq
olcDbIndex: member,memberUid eq
"""
"""The configuration; `@data@` stands for the folder of the database."""


@contextmanager
def debian_server(folder: Path) -> Iterator[tuple[str, str]]:
    """Run one in a folder; its TCP and its local URL."""
    config, data = folder / "slapd.d", folder / "data"
    for each in (config, data):
        each.mkdir()
    subprocess.run(
        [find_binary("slapadd", "slapd"), "-n", "0", "-F", str(config)],
        input=CONFIG.replace("@data@", str(data)),
        text=True,
        check=True,
        capture_output=True,
    )
    port = free_port()
    url, local = f"ldap://127.0.0.1:{port}", f"ldapi://{quote(str(folder / 'ldapi'), safe='')}"
    slapd = find_binary("slapd", "slapd")
    command = [slapd, "-d", "0", "-F", str(config), "-h", f"{url} {local}"]
    process = ChildProcess("slapd", command, log=folder / "log")
    process.start(lambda: bool(exchange(port, _ANONYMOUS_BIND)))
    try:
        yield url, local
    finally:
        process.stop()
