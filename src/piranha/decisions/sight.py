"""What a node sees besides its partner: its witness, and third stations on its segment."""

from piranha.decisions import partner_link, witness
from piranha.decisions.node_state import NodeState
from piranha.decisions.rules import NodeRules
from piranha.values import replace


def look_for_witness(rules: NodeRules, state: NodeState, now: float) -> NodeState:
    """Silence counts only from the last moment at which no witness was seen."""
    if not rules.has_witness and state.sees_witness is None:
        return state
    sees, link = witness.sees(rules, state.witness, now), state.link
    state = _look_at_partners_sight(rules, state, now)
    has_lost = rules.has_witness and _has_lost_witness(rules, state, bool(sees), now)
    if sees is state.sees_witness and has_lost is state.has_lost_witness:
        return state
    if sees and not state.sees_witness:
        link = replace(link, silent_since=now)
    return replace(state, sees_witness=sees, has_lost_witness=has_lost, link=link)


def _look_at_partners_sight(rules: NodeRules, state: NodeState, now: float) -> NodeState:
    beat = state.link.partner
    is_heard = partner_link.is_partner_heard(state.link, rules, now)
    sees_there = is_heard and beat is not None and beat.sees_witness is True
    if sees_there is (state.sees_there_since is not None):
        return state
    return replace(state, sees_there_since=now if sees_there else None)


def _has_lost_witness(rules: NodeRules, state: NodeState, sees: bool, now: float) -> bool:
    """Lost is a witness only while the partner is heard and sees one: where both lost it nothing
    moves. Only a sight of a whole deadtime makes good for it: a bad cable moves nothing twice."""
    since = state.sees_there_since
    is_heard = partner_link.is_partner_heard(state.link, rules, now)
    if not is_heard or (since is None and not sees):
        return False
    if since is not None and witness.is_lost(rules, state.witness, since, now):
        return True
    is_steady = witness.has_seen_for(rules, state.witness, rules.deadtime_seconds, now)
    return state.has_lost_witness and not is_steady


def _serves_unheard(rules: NodeRules, state: NodeState, now: float) -> bool:
    serves = any(group.serves for group in state.groups)
    return serves and not partner_link.is_partner_heard(state.link, rules, now)


def looks_for_strangers(rules: NodeRules, state: NodeState, now: float) -> bool:
    """Whether StrangerHeard says anything now: this node serves and its partner is silent, or
    probes of the partner's services fail."""
    judges = any(group.failed_there for group in state.groups)
    return judges or _serves_unheard(rules, state, now)


def hear_stranger(rules: NodeRules, state: NodeState, now: float) -> NodeState:
    link = replace(state.link, stranger_at=now)
    if _serves_unheard(rules, state, now):
        link = partner_link.hear_stranger(link, rules, now)
    return replace(state, link=link)


def saw_segment(rules: NodeRules, state: NodeState, now: float) -> bool:
    """Whether our own segment was there in the partner's silence: third stations were heard, or a
    witness was seen without a break."""
    seconds = partner_link.SEGMENT_SECONDS
    return partner_link.saw_segment(state.link, rules, now) or (
        not partner_link.is_partner_heard(state.link, rules, now)
        and witness.has_seen_for(rules, state.witness, seconds, now)
    )
