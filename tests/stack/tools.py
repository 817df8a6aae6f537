"""The real LDAP command-line tools, as a directory administrator uses them."""

import subprocess
from dataclasses import dataclass

from adapters.ldap.ldif import Record, parse
from gateway.devstack.processes import find_binary
from tests.stack.stack import Stack


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """How a tool ended: its exit code is the LDAP result code."""

    code: int
    out: str
    err: str

    @property
    def entries(self) -> list[Record]:
        """The entries that a search printed."""
        return list(parse(self.out))

    @property
    def entry(self) -> Record:
        """The only entry that a search printed."""
        (entry,) = self.entries
        return entry


@dataclass(frozen=True, slots=True, kw_only=True)
class LdapTools:
    """The tools of the package ldap-utils, bound as one identity; None binds anonymously."""

    url: str
    dn: str | None
    password: str

    def as_user(self, dn: str | None, password: str = "") -> "LdapTools":
        """Return the same tools for another identity."""
        return LdapTools(url=self.url, dn=dn, password=password)

    def run(self, tool: str, *arguments: str, ldif: str = "") -> Result:
        """Run a tool; `ldif` is what it reads from its standard input."""
        identity = ["-D", self.dn, "-w", self.password] if self.dn else []
        command = [find_binary(tool, "ldap-utils"), "-x", "-H", self.url, *identity, *arguments]
        done = subprocess.run(
            command,
            input=ldif,
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=60,
        )
        return Result(code=done.returncode, out=done.stdout, err=done.stderr)

    def search(
        self,
        base: str,
        filter_: str = "(objectClass=*)",
        *attributes: str,
        scope: str = "sub",
    ) -> Result:
        """Run ldapsearch; without attributes named it asks for all user attributes."""
        return self.run(
            "ldapsearch",
            "-LLL",
            "-o",
            "ldif-wrap=no",
            "-b",
            base,
            "-s",
            scope,
            filter_,
            *attributes,
        )

    def read(self, dn: str, *attributes: str) -> Record:
        """Return one entry, with its operational attributes unless attributes are named."""
        return self.search(dn, "(objectClass=*)", *(attributes or ("*", "+")), scope="base").entry

    def add(self, ldif: str, *options: str) -> Result:
        """Run ldapadd."""
        return self.run("ldapadd", *options, ldif=ldif)

    def modify(self, ldif: str, *options: str) -> Result:
        """Run ldapmodify."""
        return self.run("ldapmodify", *options, ldif=ldif)

    def rename(self, dn: str, new_rdn: str, *, new_superior: str | None = None) -> Result:
        """Run ldapmodrdn, deleting the old RDN value."""
        where = ["-s", new_superior] if new_superior else []
        return self.run("ldapmodrdn", "-r", *where, dn, new_rdn)

    def delete(self, *dns: str) -> Result:
        """Run ldapdelete."""
        return self.run("ldapdelete", *dns)

    def set_password(self, new: str, *, dn: str | None = None, old: str | None = None) -> Result:
        """Run ldappasswd, for the own entry unless another is named."""
        known = ["-a", old] if old is not None else []
        return self.run("ldappasswd", "-s", new, *known, *([dn] if dn else []))

    def whoami(self, *options: str) -> Result:
        """Run ldapwhoami: does this identity's bind succeed?"""
        return self.run("ldapwhoami", *options)


def admin_tools(stack: Stack) -> LdapTools:
    """Return the tools bound as the directory's administrator."""
    return LdapTools(url=stack.ldap_url, dn=stack.admin_dn, password=stack.admin_password)
