"""The first release: every table of the registry.

Its number is that of the last version before it, whose registries are the same: they are up to date with it.
"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = '0017'
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('applied_job',
    sa.Column('engine_id', sa.String(), nullable=False),
    sa.Column('job_key', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('process_instance_key', sa.BigInteger(), nullable=False),
    sa.Column('element_instance_key', sa.BigInteger(), nullable=False),
    sa.Column('job_type', sa.String(), nullable=False),
    sa.Column('outcome', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('applied_at', sa.DateTime(timezone=True), nullable=False),
    sa.PrimaryKeyConstraint('engine_id', 'job_key', name=op.f('pk_applied_job'))
    )
    op.create_index(op.f('ix_applied_job_process_instance_key'), 'applied_job', ['process_instance_key'])
    op.create_table('counter',
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('value', sa.BigInteger(), nullable=False),
    sa.PrimaryKeyConstraint('name', name=op.f('pk_counter'))
    )
    op.create_table('deployed_definition',
    sa.Column('engine_id', sa.String(), nullable=False),
    sa.Column('key', sa.BigInteger(), autoincrement=False, nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('definition_id', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('pack', sa.String(), nullable=False),
    sa.Column('deployed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deployment_key', sa.BigInteger(), nullable=True),
    sa.Column('nonce', sa.String(), nullable=True),
    sa.PrimaryKeyConstraint('engine_id', 'key', name=op.f('pk_deployed_definition')),
    sa.UniqueConstraint('engine_id', 'kind', 'definition_id', 'version', name=op.f('uq_deployed_definition_engine_id_kind_definition_id_version'))
    )
    op.create_table('engine_call',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('business_key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('status', sa.Enum('queued', 'sending', 'sent', 'failed', 'bounced', name='queuestatus', native_enum=False, length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_owner', sa.String(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('payload', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_engine_call')),
    sa.UniqueConstraint('business_key', name=op.f('uq_engine_call_business_key'))
    )
    op.create_index(op.f('ix_engine_call_status_next_attempt_at'), 'engine_call', ['status', 'next_attempt_at'])
    op.create_table('mail',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('business_key', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('status', sa.Enum('queued', 'sending', 'sent', 'failed', 'bounced', name='queuestatus', native_enum=False, length=32), nullable=False),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('next_attempt_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('lease_owner', sa.String(), nullable=True),
    sa.Column('lease_until', sa.DateTime(timezone=True), nullable=True),
    sa.Column('last_error', sa.String(), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('sent_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('message_id', sa.String(), nullable=False),
    sa.Column('raw', sa.LargeBinary(), nullable=False),
    sa.Column('dated_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('deadline_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('smtp_reply', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail')),
    sa.UniqueConstraint('business_key', name=op.f('uq_mail_business_key'))
    )
    op.create_index(op.f('ix_mail_case_id'), 'mail', ['case_id'])
    op.create_index(op.f('ix_mail_status_next_attempt_at'), 'mail', ['status', 'next_attempt_at'])
    op.create_table('partner',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('representative', sa.String(), nullable=False),
    sa.Column('contact', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('phone', sa.String(), nullable=False),
    sa.Column('address', sa.String(), nullable=False),
    sa.Column('corporate_number', sa.String(), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_partner'))
    )
    op.create_index(op.f('ix_partner_corporate_number'), 'partner', ['corporate_number'])
    op.create_table('sweep_run',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('on_day', sa.Date(), nullable=False),
    sa.Column('completed_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('report', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_sweep_run'))
    )
    op.create_index(op.f('ix_sweep_run_on_day'), 'sweep_run', ['on_day'])
    op.create_table('case',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('process_id', sa.String(), nullable=False),
    sa.Column('opened_on', sa.Date(), nullable=False),
    sa.Column('kind', sa.Enum('signing', 'annual', 'proposal', 'renewal', 'termination', 'amendment', 'talk', 'publication', 'arrangement', 'report', 'meeting', name='casekind', native_enum=False, length=32), nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=True),
    sa.Column('period', sa.String(), nullable=False),
    sa.Column('origin', sa.Enum('partner', 'city', name='origin', native_enum=False, length=32), nullable=False),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('process_instance_key', sa.BigInteger(), nullable=True),
    sa.Column('engine_id', sa.String(), nullable=True),
    sa.Column('outcome', sa.Enum('signed', 'individual', 'declined', 'withdrawn', 'completed', 'renewed', 'expired', 'terminated', 'amended', 'continued', 'stopped', 'cancelled', name='caseoutcome', native_enum=False, length=32), nullable=True),
    sa.Column('closed_on', sa.Date(), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_case_agreement_id_agreement'), use_alter=True),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_case_partner_id_partner')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_case'))
    )
    op.create_index(op.f('ix_case_city_opened_on'), 'case', ['city', 'opened_on'])
    op.create_index(op.f('ix_case_partner_id'), 'case', ['partner_id'])
    op.create_index(op.f('ix_case_process_instance_key_agreement_id'), 'case', ['process_instance_key', 'agreement_id'])
    op.create_index('uq_case_agreement_id_kind_period', 'case', ['agreement_id', 'kind', 'period'], unique=True, sqlite_where=sa.text("outcome IS NULL OR outcome != 'cancelled'"), postgresql_where=sa.text("outcome IS NULL OR outcome != 'cancelled'"))
    op.create_index('uq_case_city_period_annual', 'case', ['city', 'period'], unique=True, sqlite_where=sa.text("agreement_id IS NULL AND kind = 'annual' AND (outcome IS NULL OR outcome != 'cancelled')"), postgresql_where=sa.text("agreement_id IS NULL AND kind = 'annual' AND (outcome IS NULL OR outcome != 'cancelled')"))
    op.create_table('act',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.Column('engine_id', sa.String(), nullable=False),
    sa.Column('process_id', sa.String(), nullable=False),
    sa.Column('process_instance_key', sa.BigInteger(), nullable=False),
    sa.Column('element_id', sa.String(), nullable=False),
    sa.Column('element_instance_key', sa.BigInteger(), nullable=False),
    sa.Column('loop', sa.Integer(), nullable=True),
    sa.Column('task_name', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('status', sa.Enum('pending', 'found', 'unassigned', 'unknown', name='actstatus', native_enum=False, length=32), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('person_name', sa.String(), nullable=False),
    sa.Column('task_key', sa.BigInteger(), nullable=True),
    sa.Column('attempts', sa.Integer(), nullable=False),
    sa.Column('queued_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('look_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_act_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_act'))
    )
    op.create_index(op.f('ix_act_look_at'), 'act', ['look_at'])
    op.create_index(op.f('ix_act_process_instance_key'), 'act', ['process_instance_key'])
    op.create_index(op.f('ix_act_status'), 'act', ['status'])
    op.create_table('agreement',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('signed_on', sa.Date(), nullable=False),
    sa.Column('parties', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('fields', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('number', sa.String(), nullable=True),
    sa.Column('partner_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.Column('partner_kind', sa.String(), nullable=False),
    sa.Column('trade', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('renews', sa.Boolean(), nullable=True),
    sa.Column('renewal_years', sa.Integer(), nullable=True),
    sa.Column('notice_months', sa.Integer(), nullable=True),
    sa.Column('whole_guideline', sa.Boolean(), nullable=False),
    sa.Column('ended_on', sa.Date(), nullable=True),
    sa.Column('cycle_due_on', sa.Date(), nullable=True),
    sa.Column('end', sa.Enum('expired', 'terminated', name='agreementend', native_enum=False, length=32), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_agreement_case_id_case')),
    sa.ForeignKeyConstraint(['partner_id'], ['partner.id'], name=op.f('fk_agreement_partner_id_partner')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement')),
    sa.UniqueConstraint('case_id', name=op.f('uq_agreement_case_id')),
    sa.UniqueConstraint('city', 'number', name=op.f('uq_agreement_city_number'))
    )
    op.create_index(op.f('ix_agreement_city_signed_on'), 'agreement', ['city', 'signed_on'])
    op.create_index(op.f('ix_agreement_cycle_due_on'), 'agreement', ['cycle_due_on'])
    op.create_index(op.f('ix_agreement_partner_id'), 'agreement', ['partner_id'])
    op.create_table('document',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('kind', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('media_type', sa.String(), nullable=False),
    sa.Column('sha256', sa.String(), nullable=False),
    sa.Column('size', sa.BigInteger(), nullable=False),
    sa.Column('draft', sa.Boolean(), nullable=False),
    sa.Column('created_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('revision', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_document_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_document')),
    sa.UniqueConstraint('case_id', 'kind', 'sha256', 'draft', name=op.f('uq_document_case_id_kind_sha256_draft'))
    )
    op.create_index(op.f('ix_document_sha256'), 'document', ['sha256'])
    op.create_table('mail_draft',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('business_key', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('city', sa.String(), nullable=False),
    sa.Column('template', sa.String(), nullable=False),
    sa.Column('recipient_name', sa.String(), nullable=False),
    sa.Column('recipient', sa.String(), nullable=False),
    sa.Column('subject', sa.String(), nullable=False),
    sa.Column('body', sa.String(), nullable=False),
    sa.Column('documents', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('review', sa.Boolean(), nullable=False),
    sa.Column('made_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('state', sa.Enum('waiting', 'sent', 'returned', 'dropped', name='draftstate', native_enum=False, length=32), nullable=False),
    sa.Column('edited', sa.Boolean(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('ended_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_mail_draft_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_mail_draft')),
    sa.UniqueConstraint('business_key', name=op.f('uq_mail_draft_business_key'))
    )
    op.create_index(op.f('ix_mail_draft_case_id'), 'mail_draft', ['case_id'])
    op.create_table('offer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('offered_on', sa.Date(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('fields', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('other', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_offer_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_offer')),
    sa.UniqueConstraint('case_id', 'round', name=op.f('uq_offer_case_id_round'))
    )
    op.create_table('past_record',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('field', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_past_record_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_past_record'))
    )
    op.create_index(op.f('ix_past_record_case_id'), 'past_record', ['case_id'])
    op.create_table('project',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('field', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('content', sa.String(), nullable=False),
    sa.Column('cost_to_city', sa.Boolean(), nullable=False),
    sa.Column('admitted_reason', sa.String(), nullable=False),
    sa.Column('status', sa.Enum('proposed', 'talks', 'feasible', 'dropped', name='projectstatus', native_enum=False, length=32), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('joint_departments', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('talk_result', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_project_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_project')),
    sa.UniqueConstraint('case_id', 'round', 'number', name=op.f('uq_project_case_id_round_number'))
    )
    op.create_table('step',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('name', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('payload', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('recorded_at', sa.DateTime(timezone=True), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_step_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_step'))
    )
    op.create_index(op.f('ix_step_case_id'), 'step', ['case_id'])
    op.create_table('survey',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('round', sa.Integer(), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=False),
    sa.Column('opened_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('closed_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('extensions', sa.Integer(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_survey_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey'))
    )
    op.create_index(op.f('ix_survey_case_id'), 'survey', ['case_id'])
    op.create_table('activity',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('field', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('content', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('cost_to_city', sa.Boolean(), nullable=False),
    sa.Column('status', sa.Enum('planned', 'running', 'done', 'cancelled', name='activitystatus', native_enum=False, length=32), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=True),
    sa.Column('ends_on', sa.Date(), nullable=True),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('evaluation', sa.String(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_activity_agreement_id_agreement')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_activity_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity'))
    )
    op.create_index(op.f('ix_activity_agreement_id_fiscal_year'), 'activity', ['agreement_id', 'fiscal_year'])
    op.create_index(op.f('ix_activity_case_id'), 'activity', ['case_id'])
    op.create_table('agreement_term',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('starts_on', sa.Date(), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=False),
    sa.Column('notice_deadline', sa.Date(), nullable=True),
    sa.Column('stage', sa.Enum('open', 'decide', 'tell', 'expire', 'settled', name='termstage', native_enum=False, length=32), nullable=False),
    sa.Column('due_on', sa.Date(), nullable=True),
    sa.Column('reversed_on', sa.Date(), nullable=True),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_agreement_term_agreement_id_agreement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement_term')),
    sa.UniqueConstraint('agreement_id', 'number', name=op.f('uq_agreement_term_agreement_id_number'))
    )
    op.create_index(op.f('ix_agreement_term_due_on'), 'agreement_term', ['due_on'])
    op.create_index(op.f('ix_agreement_term_expires_on'), 'agreement_term', ['expires_on'])
    op.create_table('agreement_version',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('effective_on', sa.Date(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('purpose', sa.String(), nullable=False),
    sa.Column('fields', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('expires_on', sa.Date(), nullable=True),
    sa.Column('case_id', sa.String(), nullable=True),
    sa.Column('applied', sa.Boolean(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_agreement_version_agreement_id_agreement')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_agreement_version_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_agreement_version')),
    sa.UniqueConstraint('agreement_id', 'number', name=op.f('uq_agreement_version_agreement_id_number'))
    )
    op.create_index(op.f('ix_agreement_version_case_id'), 'agreement_version', ['case_id'])
    op.create_table('history',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('actor', sa.String(), nullable=False),
    sa.Column('what', sa.String(), nullable=False),
    sa.Column('act_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=True),
    sa.ForeignKeyConstraint(['act_id'], ['act.id'], name=op.f('fk_history_act_id_act')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_history_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_history'))
    )
    op.create_index(op.f('ix_history_case_id'), 'history', ['case_id'])
    op.create_table('meeting',
    sa.Column('id', sa.String(), nullable=False),
    sa.Column('case_id', sa.String(), nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=True),
    sa.Column('number', sa.Integer(), nullable=False),
    sa.Column('title', sa.String(), nullable=False),
    sa.Column('uid', sa.String(), nullable=False),
    sa.Column('host', sa.String(), nullable=False),
    sa.Column('sequence', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('planned', 'scheduled', 'held', 'cancelled', name='meetingstatus', native_enum=False, length=32), nullable=False),
    sa.Column('starts_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('ends_at', sa.DateTime(timezone=True), nullable=True),
    sa.Column('place', sa.String(), nullable=False),
    sa.Column('note', sa.String(), nullable=False),
    sa.Column('departments', sa.JSON(none_as_null=True).with_variant(postgresql.JSONB(none_as_null=True), "postgresql"), nullable=False),
    sa.Column('held_on', sa.Date(), nullable=True),
    sa.Column('minutes', sa.String(), nullable=False),
    sa.Column('confirmed', sa.Boolean(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_meeting_agreement_id_agreement')),
    sa.ForeignKeyConstraint(['case_id'], ['case.id'], name=op.f('fk_meeting_case_id_case')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_meeting')),
    sa.UniqueConstraint('case_id', 'number', name=op.f('uq_meeting_case_id_number')),
    sa.UniqueConstraint('uid', name=op.f('uq_meeting_uid'))
    )
    op.create_index(op.f('ix_meeting_agreement_id'), 'meeting', ['agreement_id'])
    op.create_table('notice',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('term_number', sa.Integer(), nullable=False),
    sa.Column('side', sa.Enum('city', 'partner', name='side', native_enum=False, length=32), nullable=False),
    sa.Column('received_on', sa.Date(), nullable=False),
    sa.Column('entered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('withdrawn_on', sa.Date(), nullable=True),
    sa.Column('overruled', sa.Boolean(), nullable=False),
    sa.Column('decision', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_notice_agreement_id_agreement')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_notice'))
    )
    op.create_index(op.f('ix_notice_agreement_id_term_number'), 'notice', ['agreement_id', 'term_number'])
    op.create_table('survey_answer',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('survey_id', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('status', sa.Enum('valid', 'superseded', 'second', 'after-closing', name='answerstatus', native_enum=False, length=32), nullable=False),
    sa.Column('concerned', sa.Boolean(), nullable=False),
    sa.Column('person', sa.String(), nullable=False),
    sa.Column('contact', sa.String(), nullable=False),
    sa.Column('on_behalf', sa.Boolean(), nullable=False),
    sa.Column('late', sa.Boolean(), nullable=False),
    sa.Column('answered_at', sa.DateTime(timezone=True), nullable=False),
    sa.Column('job', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_survey_answer_survey_id_survey')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_answer'))
    )
    op.create_index(op.f('ix_survey_answer_survey_id'), 'survey_answer', ['survey_id'])
    op.create_index('uq_survey_answer_valid', 'survey_answer', ['survey_id', 'department'], unique=True, sqlite_where=sa.text("status = 'valid'"), postgresql_where=sa.text("status = 'valid'"))
    op.create_table('survey_target',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('survey_id', sa.String(), nullable=False),
    sa.Column('department', sa.String(), nullable=False),
    sa.Column('division', sa.String(), nullable=False),
    sa.Column('section', sa.String(), nullable=False),
    sa.Column('group', sa.String(), nullable=False),
    sa.Column('email', sa.String(), nullable=False),
    sa.Column('status', sa.Enum('waiting', 'answered', 'not-concerned', 'correcting', 'unanswered', name='targetstatus', native_enum=False, length=32), nullable=False),
    sa.Column('question', sa.String(), nullable=False),
    sa.Column('version', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['survey_id'], ['survey.id'], name=op.f('fk_survey_target_survey_id_survey')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_target')),
    sa.UniqueConstraint('survey_id', 'department', name=op.f('uq_survey_target_survey_id_department'))
    )
    op.create_table('activity_report',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('activity_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('fiscal_year', sa.Integer(), nullable=False),
    sa.Column('status', sa.Enum('planned', 'running', 'done', 'cancelled', name='activitystatus', native_enum=False, length=32), nullable=False),
    sa.Column('result', sa.String(), nullable=False),
    sa.Column('partner_result', sa.String(), nullable=False),
    sa.Column('evaluation', sa.String(), nullable=False),
    sa.Column('reported_at', sa.DateTime(timezone=True), nullable=True),
    sa.ForeignKeyConstraint(['activity_id'], ['activity.id'], name=op.f('fk_activity_report_activity_id_activity')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_activity_report')),
    sa.UniqueConstraint('activity_id', 'fiscal_year', name=op.f('uq_activity_report_activity_id_fiscal_year'))
    )
    op.create_table('excluded_period',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('agreement_id', sa.String(), nullable=False),
    sa.Column('meeting_id', sa.String(), nullable=True),
    sa.Column('first', sa.Date(), nullable=False),
    sa.Column('last', sa.Date(), nullable=False),
    sa.Column('reason', sa.String(), nullable=False),
    sa.Column('confirmed_on', sa.Date(), nullable=False),
    sa.ForeignKeyConstraint(['agreement_id'], ['agreement.id'], name=op.f('fk_excluded_period_agreement_id_agreement')),
    sa.ForeignKeyConstraint(['meeting_id'], ['meeting.id'], name=op.f('fk_excluded_period_meeting_id_meeting')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_excluded_period'))
    )
    op.create_index(op.f('ix_excluded_period_agreement_id'), 'excluded_period', ['agreement_id'])
    op.create_table('survey_rating',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('answer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('project_number', sa.Integer(), nullable=False),
    sa.Column('rating', sa.Enum('feasible', 'adjust', 'infeasible', name='rating', native_enum=False, length=32), nullable=False),
    sa.Column('comment', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['survey_answer.id'], name=op.f('fk_survey_rating_answer_id_survey_answer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_rating')),
    sa.UniqueConstraint('answer_id', 'project_number', name=op.f('uq_survey_rating_answer_id_project_number'))
    )
    op.create_table('survey_wish',
    sa.Column('id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), autoincrement=True, nullable=False),
    sa.Column('answer_id', sa.BigInteger().with_variant(sa.Integer(), 'sqlite'), nullable=False),
    sa.Column('field', sa.Integer(), nullable=False),
    sa.Column('content', sa.String(), nullable=False),
    sa.ForeignKeyConstraint(['answer_id'], ['survey_answer.id'], name=op.f('fk_survey_wish_answer_id_survey_answer')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_survey_wish'))
    )
    op.create_index(op.f('ix_survey_wish_answer_id'), 'survey_wish', ['answer_id'])
    if op.get_bind().dialect.name != 'sqlite':  # there the table was made with it: a case and its agreement name each other
        op.create_foreign_key(op.f('fk_case_agreement_id_agreement'), 'case', 'agreement', ['agreement_id'], ['id'])


def downgrade() -> None:
    raise NotImplementedError("there is no release before the first one")
