"""What REST and SCIM clients do to a tenant."""

from tests.e2e.tenant import PASSWORD, TEXTS, Doing, Json, Tenant

PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
PROVIDERS = "/api/v1/admin/identity-providers/"
APPLICATIONS = "/api/v1/admin/applications/"


def rest_add(at: Tenant, a: int, b: int) -> None:
    """A new user, with groups and a unit or without."""
    n = next(at.numbers)
    group = at.group(b) if a % 3 == 0 else None
    body = {
        "email": f"r{n}@x.example",
        "username": f"r{n}",
        "display_name": TEXTS[a % len(TEXTS)],
        "first_name": TEXTS[b % len(TEXTS)] if a % 2 else None,
        "password": PASSWORD,
        "ou_id": at.ou(b) if a % 5 else None,
        "group_ids": [group] if group else [],
        "send_welcome_email": False,
    }
    at.ask("POST", at.users, body)


def rest_patch(at: Tenant, a: int, b: int) -> None:
    """Names, places and addresses."""
    n = next(at.numbers)
    values: list[Json] = [
        {"display_name": TEXTS[b % len(TEXTS)]},
        {"last_name": None, "phone": f"+44 {b}"},
        {"username": f"renamed{n}"},
        {"email": f"R{n}@y.example"},
        {"ou_id": at.ou(b)},
        {"custom_attributes": {"title": TEXTS[b % len(TEXTS)], "n": b}},
        {"custom_attributes": None, "first_name": TEXTS[b % len(TEXTS)]},
    ]
    at.ask("PATCH", f"/api/v1/admin/users/{at.user(a)}", values[b % len(values)])


def rest_status(at: Tenant, a: int, b: int) -> None:
    """Locks, disables and enables."""
    status = ("ACTIVE", "DISABLED", "LOCKED", "PENDING_APPROVAL")[b % 4]
    at.ask("PUT", f"{at.users}/{at.user(a)}/status", {"status": status})


def rest_unlock(at: Tenant, a: int, b: int) -> None:
    """Unlocks, or sets a password."""
    path = f"/api/v1/admin/users/{at.user(a)}"
    if b % 2:
        at.ask("POST", f"{path}/reset-password", {"new_password": PASSWORD})
    else:
        at.ask("POST", f"{path}/unlock")


def rest_delete(at: Tenant, a: int, b: int) -> None:
    """Retires a user, and maybe restores it, or another one that was retired by hand."""
    id_ = at.user(a)
    at.ask("DELETE", f"/api/v1/admin/users/{id_}")
    if b % 2:
        at.ask("POST", f"/api/v1/admin/users/{id_}/restore")


def rest_logins(at: Tenant, a: int, b: int) -> None:
    """Wrong and right passwords."""
    user = at.ask("GET", f"{at.users}/{at.user(a)}")
    if user is not None:
        for n in range(3):
            word = PASSWORD if b % 3 == 0 and n == 2 else "wrong password"
            login = {"login": user["email"], "password": word}
            at.ask("POST", f"{at.users}/authenticate", login)


def rest_group(at: Tenant, a: int, b: int) -> None:
    """A new group, or one less."""
    if b % 3:
        body = {"tenant_id": at.id, "name": f"{TEXTS[a % len(TEXTS)]} {next(at.numbers)}"}
        at.ask("POST", "/api/v1/admin/groups/", body)
    else:
        at.ask("DELETE", f"/api/v1/admin/groups/{at.group(a)}")


def rest_join(at: Tenant, a: int, b: int) -> None:
    """A user or a group becomes a member of a group."""
    member = at.group(b + 1) if b % 3 == 0 else at.user(b)
    path = f"/api/v1/admin/groups/{at.group(a)}/members"
    at.ask("POST", path, {"member_ids": [member]})


def rest_leave(at: Tenant, a: int, b: int) -> None:
    """A member leaves a group."""
    path = f"/api/v1/admin/groups/{at.group(a)}/members"
    at.ask("DELETE", f"{path}/{at.picked(path, b)}")


def rest_ou(at: Tenant, a: int, b: int) -> None:
    """A new unit, or one less."""
    path = f"/api/v1/tenants/{at.id}/ous"
    if b % 3:
        at.ask("POST", path, {"name": f"unit {next(at.numbers)}", "parent_id": at.ou(a)})
    else:
        at.ask("DELETE", f"{path}/{at.ou(a)}")


def scim_add(at: Tenant, a: int, b: int) -> None:
    """A new user or group."""
    n = next(at.numbers)
    if b % 3:
        body = {
            "schemas": [USER],
            "userName": f"s{n}",
            "displayName": TEXTS[a % len(TEXTS)],
            "emails": [{"value": f"s{n}@x.example"}, {"value": f"s{n}@z.example"}],
            "externalId": f"ext-{n}",
            "active": bool(b % 2),
        }
        at.ask("POST", "/scim/v2/Users", body, scim=True)
    else:
        members = [{"value": id_} for id_ in (at.user(a), at.user(b)) if id_]
        body = {"schemas": [GROUP], "displayName": f"scim {n}", "members": members}
        at.ask("POST", "/scim/v2/Groups", body, scim=True)


def scim_patch(at: Tenant, a: int, b: int) -> None:
    """A user's values, or a group's name and members."""
    operations: list[Json] = [
        {"op": "replace", "path": "active", "value": b % 2 == 0},
        {"op": "replace", "path": "title", "value": TEXTS[b % len(TEXTS)]},
        {"op": "remove", "path": "name.givenName"},
        {"op": "add", "path": "emails", "value": [{"value": f"p{next(at.numbers)}@x.example"}]},
    ]
    body = {"schemas": [PATCH], "Operations": [operations[b % len(operations)]]}
    at.ask("PATCH", f"/scim/v2/Users/{at.user(a)}", body, scim=True)


def scim_team(at: Tenant, a: int, b: int) -> None:
    """A group's name, one more member, or all others."""
    member = {"value": at.user(b)}
    operations: list[Json] = [
        {"op": "replace", "path": "displayName", "value": f"again {next(at.numbers)}"},
        {"op": "add", "path": "members", "value": [member]},
        {"op": "replace", "path": "members", "value": [member]},
    ]
    body = {"schemas": [PATCH], "Operations": [operations[b % len(operations)]]}
    at.ask("PATCH", f"/scim/v2/Groups/{at.group(a)}", body, scim=True)


def scim_delete(at: Tenant, a: int, b: int) -> None:
    """A user or a group less."""
    path = f"Users/{at.user(a)}" if b % 3 else f"Groups/{at.group(a)}"
    at.ask("DELETE", f"/scim/v2/{path}", scim=True)


def rest_provider(at: Tenant, a: int, b: int) -> None:
    """A new identity provider, or one less, or a user's link to one."""
    known = f"{PROVIDERS}?tenant_id={at.id}"
    if b % 4 == 0:
        kind = ("OIDC", "SAML", "LDAP")[a % 3]
        at.ask("POST", PROVIDERS, {"tenant_id": at.id, "name": f"p{a}", "type": kind})
    elif b % 8 == 1:
        at.ask("DELETE", f"{PROVIDERS}{at.picked(known, a)}")
    else:
        link = {"identity_provider_id": at.picked(known, a), "external_id": f"ext {b % 9}"}
        at.ask("POST", f"/api/v1/admin/users/{at.user(a)}/federated-identities", link)


def rest_application(at: Tenant, a: int, b: int) -> None:
    """A new application, or one less, or somebody who may use it, or not any more."""
    known = at.picked(f"{APPLICATIONS}?tenant_id={at.id}", a)
    members = f"{APPLICATIONS}{known}/members"
    if known is None or b % 6 == 0:
        body = {"tenant_id": at.id, "client_id": f"app-{next(at.numbers)}"}
        at.ask("POST", APPLICATIONS, body)
    elif b % 6 == 1:
        at.ask("DELETE", f"{APPLICATIONS}{known}")
    elif b % 6 == 2:
        at.ask("DELETE", f"{members}/{at.picked(members, b)}")
    else:
        member = at.group(a) if b % 2 else at.user(a)
        at.ask("POST", members, {"member_ids": [member]})


BY_GATEWAY: tuple[Doing, ...] = (
    *(rest_add, rest_patch, rest_status, rest_unlock, rest_delete, rest_logins, rest_group),
    *(rest_join, rest_leave, rest_ou, scim_add, scim_patch, scim_team, scim_delete),
    *(rest_provider, rest_application),
)
