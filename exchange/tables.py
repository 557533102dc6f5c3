"""Every table of exchange.db, imported in one place: what migrations compare with."""

import catalog.evidence
import catalog.harvest.models
import catalog.lineage
import catalog.models
import catalog.notices
import catalog.quality.models
import catalog.search.models
import catalog.webhooks
import exchange.identity.models
import exchange.origin
import exchange.unit_of_work
import policies.clocks.models
import policies.consents.models
import policies.emergencies.models
import policies.guards.models
import policies.models
import policies.requests.models
import standards.mapping.models
import standards.models

ALL = (
    standards.models,
    standards.mapping.models,
    catalog.models,
    catalog.lineage,
    catalog.evidence,
    catalog.quality.models,
    catalog.search.models,
    catalog.harvest.models,
    catalog.notices,
    catalog.webhooks,
    policies.models,
    policies.guards.models,
    policies.consents.models,
    policies.emergencies.models,
    policies.clocks.models,
    policies.requests.models,
    exchange.identity.models,
    exchange.origin,
    exchange.unit_of_work,
)
