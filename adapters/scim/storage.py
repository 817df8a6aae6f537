"""Where SCIM reads and writes: the services, for one caller.

What an answer does not show is not read. A change of a user is a function of what is there:
the services read, ask it, write, and ask again where somebody else was faster.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

from scim2_models import Resource, ResourceType, ResponseParameters, SearchRequest
from scim2_server.routing import Operation
from scim2_server.storage import AsyncScimStorage, SearchPage

from adapters.scim.documents import Documents
from adapters.scim.filters import transpile_group, transpile_user
from adapters.scim.members import GroupChange
from adapters.scim.models import GroupResource, UserResource
from adapters.scim.presentation import Document
from adapters.scim.projection import fields_shown, shows
from adapters.scim.request import acting
from adapters.scim.search import Found, Source, search, sort_for
from gateway.domain.ids import Kind
from gateway.domain.model import Group, User
from gateway.domain.query import Everything, Filter, Query
from gateway.services.access import Call
from gateway.services.provisioning import ProvisioningService, WantedGroup, WantedUser
from gateway.services.tags import UserDetails

Parameters = ResponseParameters[Any]

UserChange = Callable[[UserResource], Resource[Any] | None]
"""What a user becomes; None: what it is."""

GroupBecoming = Callable[[GroupResource], Resource[Any] | GroupChange | None]
"""What a group that is shown without members becomes, or how it changes; None: what it is."""


class ServiceStorage(AsyncScimStorage):
    """Users and groups of the caller's tenant. Versions are the entries' own."""

    supports_cursors = True

    def __init__(
        self, *, provisioning: ProvisioningService, documents: Documents, call: Call
    ) -> None:
        self._provisioning = provisioning
        self._documents = documents
        self._call = call
        self._provider_id: str | None = None

    async def document(
        self, resource_type: ResourceType, resource_id: str, parameters: Parameters | None
    ) -> Document:
        """One resource as a document, with what the answer shows of it."""
        call = self._acting(resource_type, Operation.query)
        if of_users(resource_type):
            details = await self._provisioning.user(
                call,
                resource_id,
                memberships=shows(parameters, str(resource_type.schema_), "groups"),
                fields=fields_shown(parameters, self._documents.fields),
            )
            return (await self._users(call, [details]))[0]
        fields = fields_shown(parameters, self._documents.group_fields)
        group = await self._provisioning.group(call, resource_id, fields=fields)
        return (await self._groups(call, [group], resource_type, parameters))[0]

    async def find(
        self, resource_types: list[ResourceType], request: SearchRequest[Any], position: Any
    ) -> Found:
        """A page of one or several kinds of resources as one collection, and the exact total."""
        call = self._acting(resource_types[0], Operation.search)
        provider_id = await self._acted_for(call)
        strict = len(resource_types) == 1
        sources = [
            self._source(each, request, provider_id, strict=strict) for each in resource_types
        ]
        return await search(sources, request, position)

    async def get(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        response_parameters: Parameters | None = None,
    ) -> Resource[Any]:
        """One resource, with what the answer shows of it."""
        return _resource(await self.document(resource_type, resource_id, response_parameters))

    async def search(
        self,
        resource_types: list[ResourceType],
        search_request: SearchRequest[Any],
        *,
        position: Any = None,
    ) -> SearchPage:
        """What `find` finds, as resources."""
        found = await self.find(resource_types, search_request, position)
        return SearchPage(
            found.total, [_resource(each) for each in found.documents], found.next, found.previous
        )

    async def create(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        response_parameters: Parameters | None = None,
    ) -> Resource[Any]:
        """Make a resource."""
        call = self._acting(resource_type, Operation.create)
        provider_id = await self._acted_for(call)
        if of_users(resource_type):
            wanted = self._documents.wanted(resource, None, provider_id) or WantedUser()
            details = await self._provisioning.create_user(call, wanted)
            return _resource((await self._users(call, [details]))[0])
        of_group = self._documents.wanted_group(resource, None, provider_id) or WantedGroup()
        group = await self._provisioning.create_group(call, of_group)
        shown = await self._groups(call, [group], resource_type, response_parameters)
        return _resource(shown[0])

    async def update(
        self,
        resource_type: ResourceType,
        resource: Resource[Any],
        *,
        expected_version: str | None = None,
    ) -> Resource[Any]:
        """Give a resource the state that `resource` has."""
        id_ = str(resource.id)
        if of_users(resource_type):
            return await self.change_user(
                resource_type, id_, lambda _: resource, version=expected_version
            )
        group = await self.change_group(
            resource_type, id_, lambda _: resource, version=expected_version
        )
        return await self.show_group(resource_type, group)

    async def change_user(
        self,
        resource_type: ResourceType,
        resource_id: str,
        change: UserChange,
        *,
        version: str | None = None,
    ) -> Resource[Any]:
        """Let a user become what `change` says."""
        call = self._acting(resource_type, Operation.replace)
        provider_id = await self._acted_for(call)

        def wanted(before: UserDetails) -> WantedUser | None:
            resource = change(
                UserResource.model_validate(self._documents.user(before, provider_id))
            )
            if resource is None:
                return None
            return self._documents.wanted(resource, before, provider_id)

        details = await self._provisioning.update_user(call, resource_id, wanted, version=version)
        return _resource((await self._users(call, [details]))[0])

    async def change_group(
        self,
        resource_type: ResourceType,
        resource_id: str,
        change: GroupBecoming,
        *,
        version: str | None = None,
    ) -> Group:
        """Let a group become what `change` says; its members are not read."""
        call = self._acting(resource_type, Operation.replace)
        provider_id = await self._acted_for(call)

        def wanted(before: Group) -> WantedGroup | None:
            document = self._documents.group(before, None, provider_id)
            changed = change(GroupResource.model_validate(document))
            if changed is None:
                return None
            if isinstance(changed, Resource):
                return self._documents.wanted_group(changed, before, provider_id)
            own = self._documents.wanted_group(changed.resource, before, provider_id, ())
            members = changed.members
            return replace(
                own or WantedGroup(),
                members=members.members,
                add=members.add,
                remove=members.remove,
                clear=members.clear,
            )

        return await self._provisioning.update_group(call, resource_id, wanted, version=version)

    async def show_group(
        self,
        resource_type: ResourceType,
        group: Group,
        response_parameters: Parameters | None = None,
    ) -> Resource[Any]:
        """A group that is at hand, with what the answer shows of it."""
        call = self._acting(resource_type, Operation.query)
        shown = await self._groups(call, [group], resource_type, response_parameters)
        return _resource(shown[0])

    async def delete(
        self,
        resource_type: ResourceType,
        resource_id: str,
        *,
        expected_version: str | None = None,
    ) -> None:
        """Delete a resource."""
        call = self._acting(resource_type, Operation.delete)
        if of_users(resource_type):
            await self._provisioning.delete_user(call, resource_id, version=expected_version)
        else:
            await self._provisioning.delete_group(call, resource_id, version=expected_version)

    async def _acted_for(self, call: Call) -> str | None:
        """The provider whose external ids show; while there is none, a writing may make it."""
        if self._provider_id is None:
            self._provider_id = await self._provisioning.provider_id(call)
        return self._provider_id

    def _acting(self, resource_type: ResourceType, operation: Operation) -> Call:
        return acting(self._call, str(resource_type.endpoint), operation)

    def _source(
        self,
        resource_type: ResourceType,
        request: SearchRequest[Any],
        provider_id: str | None,
        *,
        strict: bool,
    ) -> Source:
        """One kind of resources to search; not `strict`, it may lack attributes of another."""
        call = self._acting(resource_type, Operation.search)
        kind = Kind.USER if of_users(resource_type) else Kind.GROUP
        sort = sort_for(request, kind, self._documents, provider_id, strict=strict)
        transpile = transpile_user if of_users(resource_type) else transpile_group
        matching: Filter = Everything()
        if request.filter is not None:
            matching = transpile(request.filter.ast, self._documents, provider_id, strict=strict)
        if not of_users(resource_type):
            return Source(
                kind=Group,
                filter=matching,
                sort=sort,
                find=lambda query: self._provisioning.find_groups(
                    call, _only(query, fields_shown(request, self._documents.group_fields))
                ),
                show=lambda found: self._groups(call, found, resource_type, request),
            )
        memberships = shows(request, str(resource_type.schema_), "groups")

        async def show(found: Sequence[User]) -> list[Document]:
            if not memberships:
                return await self._users(call, [UserDetails(user=user) for user in found])
            return await self._users(call, await self._provisioning.details(call, found))

        return Source(
            kind=User,
            filter=matching,
            sort=sort,
            find=lambda query: self._provisioning.find_users(
                call, _only(query, fields_shown(request, self._documents.fields))
            ),
            show=show,
        )

    async def _users(self, call: Call, all_details: Sequence[UserDetails]) -> list[Document]:
        provider_id = await self._acted_for(call)
        return [dict(self._documents.user(details, provider_id)) for details in all_details]

    async def _groups(
        self,
        call: Call,
        groups: Sequence[Group],
        resource_type: ResourceType,
        parameters: Parameters | None,
    ) -> list[Document]:
        provider_id = await self._acted_for(call)
        if not shows(parameters, str(resource_type.schema_), "members"):
            return [dict(self._documents.group(group, None, provider_id)) for group in groups]
        members = await self._provisioning.members(call, [group.id for group in groups])
        return [
            dict(self._documents.group(group, members.get(group.id, ()), provider_id))
            for group in groups
        ]


def _only(query: Query, fields: frozenset[str] | None) -> Query:
    """The query for what is shown; what it is ordered by is looked at once more, for cursors."""
    return query if fields is None else replace(query, fields=fields | query.sort.fields)


def _resource(document: Document) -> Resource[Any]:
    of_user = document["meta"]["resourceType"] == "User"
    return (UserResource if of_user else GroupResource).model_validate(document)


def of_users(resource_type: ResourceType) -> bool:
    """Whether it is the type of users; else it is that of groups."""
    return resource_type.name == "User"
