"""All services over one set of ports, made in one place for the container and the tests."""

from dataclasses import dataclass
from datetime import timedelta

from gateway.domain.ids import Kind
from gateway.domain.model import IdentityProvider, OrganizationalUnit
from gateway.mirror.memo import Memo
from gateway.ports import (
    AuditLog,
    Clock,
    Directory,
    FailureCounter,
    Mailer,
    Metrics,
    Revocations,
    Tally,
    TokenIssuer,
    TokenVerifier,
)
from gateway.services.access import Access
from gateway.services.accounts import Accounts
from gateway.services.audit import Audit
from gateway.services.bearer import BearerVerifier
from gateway.services.brake import Brake, BrakeRules
from gateway.services.clients import ClientRules, ClientService
from gateway.services.credentials import CredentialService
from gateway.services.identities import IdentityService
from gateway.services.links import LinkRules, Links
from gateway.services.lockout import Lockout
from gateway.services.members import ApplicationService, GroupService
from gateway.services.mismatches import MismatchService
from gateway.services.provisioning import ProvisioningService
from gateway.services.resources import ResourceService
from gateway.services.scim_tokens import ScimTokenService
from gateway.services.sessions import SessionService
from gateway.services.signin import SignIn
from gateway.services.tenants import PartnerService, TenantService
from gateway.services.users import UserService


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """Everything that a face of the gateway (REST, SCIM, the command line) calls.

    `verifier` knows tokens of every kind. `issuer` is the port itself; without an own issuer
    there is none.
    """

    access: Access
    users: UserService
    identities: IdentityService
    credentials: CredentialService
    mismatches: MismatchService
    tenants: TenantService
    partners: PartnerService
    ous: ResourceService[OrganizationalUnit]
    groups: GroupService
    identity_providers: ResourceService[IdentityProvider]
    applications: ApplicationService
    scim_tokens: ScimTokenService
    provisioning: ProvisioningService
    brake: Brake
    clients: ClientService
    sessions: SessionService
    verifier: TokenVerifier
    issuer: TokenIssuer | None
    directory: Directory
    revocations: Revocations
    metrics: Metrics
    clock: Clock


def assemble(
    *,
    directory: Directory,
    failures: FailureCounter,
    revocations: Revocations,
    tally: Tally,
    mailer: Mailer,
    audit_log: AuditLog,
    metrics: Metrics,
    clock: Clock,
    verifier: TokenVerifier,
    issuer: TokenIssuer | None,
    link_rules: LinkRules,
    client_rules: ClientRules = ClientRules(),  # noqa: B008 - a frozen value
    brake_rules: BrakeRules = BrakeRules(),  # noqa: B008 - a frozen value
    failure_pace: timedelta = timedelta(milliseconds=50),
    memo: Memo | None = None,
) -> Services:
    """Make all services; asks no server.

    `verifier` is the one for JWTs. `failure_pace`: refused logins are answered at full
    multiples of it (see `SignIn`). `memo`: what is remembered of a mirror, if there is one.
    """
    access = Access(directory=directory)
    audit = Audit(log=audit_log)
    lockout = Lockout(failures=failures, metrics=metrics)
    sessions = SessionService(
        directory=directory, revocations=revocations, clock=clock, metrics=metrics
    )
    links = Links(directory=directory, mailer=mailer, clock=clock, rules=link_rules)
    sign_in = SignIn(access=access, lockout=lockout, audit=audit, clock=clock, pace=failure_pace)
    users = UserService(
        directory=directory,
        access=access,
        accounts=Accounts(lockout=lockout, sessions=sessions),
        links=links,
        sessions=sessions,
        audit=audit,
        metrics=metrics,
    )
    brake = Brake(tally=tally, audit=audit, metrics=metrics, clock=clock, rules=brake_rules)
    return Services(
        access=access,
        users=users,
        identities=IdentityService(access=access, audit=audit, clock=clock),
        credentials=CredentialService(
            access=access, links=links, lockout=lockout, sign_in=sign_in, audit=audit
        ),
        mismatches=MismatchService(directory=directory, access=access, audit=audit),
        tenants=TenantService(directory=directory, access=access, audit=audit),
        partners=PartnerService(directory=directory, access=access, audit=audit),
        ous=ResourceService(
            access=access,
            audit=audit,
            find=access.ou,
            of_tenant=lambda tenant: tenant.ous,
            references={"parent_id": Kind.ORGANIZATIONAL_UNIT},
        ),
        groups=GroupService(
            access=access,
            audit=audit,
            find=access.group,
            of_tenant=lambda tenant: tenant.groups,
            of_scope=directory.groups,
        ),
        identity_providers=ResourceService(
            access=access,
            audit=audit,
            find=access.identity_provider,
            of_tenant=lambda tenant: tenant.identity_providers,
            of_scope=directory.identity_providers,
        ),
        applications=ApplicationService(
            access=access,
            audit=audit,
            find=access.application,
            of_tenant=lambda tenant: tenant.applications,
            of_scope=directory.applications,
        ),
        scim_tokens=ScimTokenService(access=access, audit=audit, directory=directory, clock=clock),
        provisioning=ProvisioningService(
            access=access,
            audit=audit,
            clock=clock,
            users=users,
            sessions=sessions,
            lockout=lockout,
            brake=brake,
        ),
        brake=brake,
        clients=ClientService(directory=directory, issuer=issuer, rules=client_rules),
        sessions=sessions,
        verifier=BearerVerifier(directory=directory, jwts=verifier, clock=clock, memo=memo),
        issuer=issuer,
        directory=directory,
        revocations=revocations,
        metrics=metrics,
        clock=clock,
    )
