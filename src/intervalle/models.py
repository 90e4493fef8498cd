"""Imports every models module, so that the metadata is whole."""

# ruff: noqa: F401
import allocation.assignment.act_models
import allocation.assignment.models
import allocation.assignment.release_models
import allocation.leases.models
import allocation.relocation.models
import allocation.selection.meeting_models
import allocation.selection.models
import allocation.tfpb.models
import calls.meeting_models
import calls.models
import calls.need_models
import intervalle.accounts.models
import intervalle.journal
import intervalle.outbox
import intervalle.submissions
import intervalle.territory.models
import premises.models
from intervalle.db import Base

metadata = Base.metadata
