"""Action -> who, with which role and relation, in which states. A route whose action is not here stops the start-up."""

from intervalle.accounts.models import OWNER_KINDS
from intervalle.accounts.policy import ADMIN, ANYONE, PLATFORM, READ, SIGNED_IN, Policy, Rule, member, person

OWNERS = OWNER_KINDS
ORGANISERS = (*OWNER_KINDS, "support_body")

# What each room may do. Keep one line per action, in the order of the work.
TABLE: dict[str, Rule] = {
    # house
    "home.show": ANYONE,
    "health.show": ANYONE,
    "static.show": ANYONE,
    "files.show": ANYONE,  # the handler looks the file up through what may be seen of its object
    # accounts
    "account.sign_in": ANYONE,
    "account.sign_up": ANYONE,
    "account.reset_password": ANYONE,
    "account.set_language": ANYONE,
    "account.second_factor": ANYONE,  # half signed in: the handler asks for a session itself
    "account.sign_out": ANYONE,
    "account.show": SIGNED_IN,
    "account.switch": SIGNED_IN,
    "account.mails": SIGNED_IN,
    "account.create_organisation": SIGNED_IN,
    "organisation.show": member("self", roles=READ),
    "organisation.edit": member("self", roles=ADMIN),
    "organisation.invite": member("self", roles=ADMIN),
    "organisation.accept_invitation": SIGNED_IN,
    "membership.ask": SIGNED_IN,
    "membership.answer": member("self", roles=ADMIN, states=("waiting",), too_late="Cette demande a déjà sa réponse."),
    "membership.review": member("self", states=("waiting",), too_late="Cette demande a déjà sa réponse."),
    "structures.show": SIGNED_IN,  # the query shows a structure to its members and to those it has dealings with
    "structures.succeed": member("self", roles=ADMIN),
    "structures.decide_twins": member(kinds=("city", "epci", "support_body")),
    "documents.keep": member("self"),
    "ess.claim": member("self"),
    "ess.to_review": member(kinds=("city", "epci", "support_body"), roles=READ),
    "ess.review": member("reviewer", states=("waiting",), too_late="Ce statut a déjà été vérifié."),
    "mandates.list": member("self", roles=READ),
    "mandates.grant": member("self", roles=ADMIN),
    "mandates.receive": member("self", roles=ADMIN),
    "mandates.revoke": member("self", roles=ADMIN),
    "platform.show": PLATFORM,
    # territory
    "territory.search": ANYONE,
    "tiles.show": ANYONE,
    # premises
    "premises.list": ANYONE,
    "premises.show": ANYONE,
    "favourites.keep": SIGNED_IN,
    "searches.keep": SIGNED_IN,
    "premises.create": member(kinds=OWNERS),
    "premises.edit": member("owner"),
    "premises.publish": member("owner"),
    "premises.withdraw": member("owner"),
    "diagnosis.show": member(kinds=ORGANISERS, roles=READ),  # the queries leave out what others have not published
    "premises.import": member("owner", kinds=OWNERS),
    # calls
    "calls.list": ANYONE,
    "calls.show": ANYONE,
    "calls.create": member(kinds=ORGANISERS),
    "calls.edit": member(
        "organiser", states=("draft",), too_late="L’appel est ouvert : son texte, ses lots et sa grille sont gelés."
    ),
    "calls.open": member("organiser", states=("draft",), too_late="L’appel est déjà ouvert."),
    "calls.extend": member(
        "organiser", states=("open",), too_late="L’appel est clos : la date limite ne peut plus changer."
    ),
    "calls.amend": member(
        "organiser", states=("open",), too_late="L’appel n’est pas ouvert : sa version publiée ne change plus."
    ),
    "calls.gather": member(
        "organiser", states=("open",), too_late="L’appel est clos : ses derniers dossiers s’examinent avec lui."
    ),
    "calls.repeat": member("organiser", states=("open", "closed", "ranked", "released")),
    "calls.cancel": member("organiser", states=("draft", "open", "closed")),
    "calls.follow": member("organiser", roles=READ),
    "visits.list": ANYONE,
    "visits.plan": member(
        "organiser", states=("draft", "open"), too_late="L’appel est clos : on n’y ajoute plus de visite."
    ),
    "visits.mark": member("organiser", states=("open", "closed"), too_late="Le classement est arrêté."),
    "visits.book": member(kinds=("ess_structure",)),
    "calls.unschedule": member("organiser", states=("draft",), too_late="L’appel est déjà ouvert."),
    "late.ask": member("applicant", states=("draft",), too_late="La candidature n’est plus un brouillon."),
    "late.decide": member("organiser", states=("closed",), too_late="Le classement est arrêté."),
    "questions.list": ANYONE,
    "questions.ask": member(kinds=("ess_structure",)),
    "questions.answer": member(
        "organiser", states=("open",), too_late="L’appel est clos : une réponse ne servirait plus aux candidats."
    ),
    # needs
    "needs.list": SIGNED_IN,
    "needs.register": member(kinds=("ess_structure",)),
    "needs.edit": member("applicant"),
    "needs.preview": member("owner", roles=READ),  # of premises: which needs its lots meet
    "needs.demand": member(kinds=ORGANISERS, roles=READ),
    "needs.contact": member(kinds=ORGANISERS),
    "needs.type_in": member(kinds=("city", "epci", "support_body")),  # for somebody without an account
    "needs.statistics": ANYONE,
    # applications
    "applications.list": SIGNED_IN,
    "applications.start": member(kinds=("ess_structure",)),
    "applications.show": SIGNED_IN,
    "applications.draft": member(
        "applicant", states=("draft",), too_late="La candidature est déposée : reprenez-la pour la modifier."
    ),
    "applications.submit": member(
        "applicant", states=("draft", "submitted"), too_late="La candidature est retirée : reprenez-la pour la déposer."
    ),
    "applications.take_back": member("applicant", states=("draft", "submitted", "withdrawn")),
    "applications.confirm": member(
        "applicant", states=("submitted",), too_late="La candidature n’est pas déposée : il n’y a rien à confirmer."
    ),
    "applications.withdraw": member("applicant"),
    "applications.answer": member("partner"),
    # files received on paper or by e-mail
    "paper.list": member(kinds=ORGANISERS),  # the query shows what one's organisation typed in
    "paper.register": member(
        "organiser", states=("open", "closed"), too_late="L’appel ne reçoit pas de dossier papier à ce stade."
    ),
    "paper.record": member("typist"),
    "duplicates.show": member("organiser"),
    "duplicates.decide": member("organiser", states=("closed",), too_late="Le classement est arrêté."),
    # selection
    "panel.list": SIGNED_IN,
    "panel.show": SIGNED_IN,
    "panel.compose": member("organiser", states=("draft", "open", "closed"), too_late="Le classement est arrêté."),
    "panel.accept": SIGNED_IN,  # the query shows an offer to the person it is for, and to nobody else
    "panel.decline": SIGNED_IN,
    "panel.open": member(
        "organiser", states=("closed",), too_late="Les dossiers s’ouvrent après la clôture de l’appel, une seule fois."
    ),
    "panel.declare": person("juror"),
    "panel.lift": member(
        "organiser", states=("closed",), too_late="Le classement est arrêté : les déports ne changent plus."
    ),
    "panel.check_admissibility": member(
        "organiser",
        states=("closed",),
        too_late="La recevabilité s’examine entre la clôture de l’appel et le classement.",
    ),
    "panel.ask_correction": member("organiser", states=("closed",), too_late="Le classement est arrêté."),
    "panel.answer_correction": member("applicant"),
    "panel.hand_out": member("organiser", states=("closed",), too_late="Le classement est arrêté."),
    "panel.score": person("juror"),
    "panel.close": member("organiser", states=("closed",), too_late="Le classement est déjà arrêté."),
    "panel.meet": member("organiser", states=("closed",), too_late="Le classement est arrêté : la commission a fini."),
    "panel.preside": person("leader"),
    "panel.attend": person("juror"),
    "panel.rank": member("organiser", states=("closed",), too_late="Le classement est déjà arrêté."),
    # assignment
    "proposals.list": SIGNED_IN,
    "proposals.show": member("organiser", roles=READ),
    "proposals.run": member("organiser"),
    "proposals.override": member("organiser"),
    "proposals.retain": member("organiser"),
    "direct.receive": member("organiser", states=("open", "closed"), too_late="La décision est déjà préparée."),
    "direct.decide": member("organiser", states=("closed",), too_late="La décision est déjà préparée : reprenez-la."),
    "direct.undo": member(
        "organiser", states=("ranked",), too_late="La décision est notifiée : un acte rectificatif la change."
    ),
    "decisions.show": SIGNED_IN,  # the query shows a released decision to its applicants and to those who run the call
    "decisions.edit": member("organiser"),
    "decisions.release": member("organiser"),
    "decisions.show_minutes": SIGNED_IN,  # those who run the call, and those who sign: the verb says who
    "decisions.draw_minutes": member("organiser"),
    "decisions.ask_review": member("organiser"),
    "decisions.review": member("organiser"),
    "decisions.set_rules": member("self"),
    "decisions.correct": member("organiser"),
    "decisions.publish_results": member("organiser"),
    "decisions.show_results": ANYONE,  # once published; those who run the call see what would be
    "appeals.file": member("applicant"),
    "appeals.show": member("organiser", roles=READ),
    "appeals.answer": member("organiser"),
    "awards.answer": member(
        "beneficiary", states=("offered",), too_late="Cette proposition a déjà sa réponse, ou son délai est passé."
    ),
    # leases
    "leases.list": SIGNED_IN,
    "leases.show": SIGNED_IN,
    "leases.show_notice": ANYONE,  # once the results are public
    "leases.prepare": member("landlord"),
    "leases.edit": member(
        "landlord",
        states=("draft",),
        too_late="Le titre est signé : son texte ne change plus. Un avenant en modifie les conditions.",
    ),
    "leases.sign": member("landlord", states=("draft",), too_late="Le titre est déjà signé."),
    "leases.insure": member(
        "landlord", states=("signed", "running"), too_late="Le titre n’est pas, ou plus, en vigueur."
    ),
    "leases.hand_keys": member("landlord", states=("signed", "running"), too_late="Pas de clés sans titre en vigueur."),
    "leases.fulfil": member(
        "landlord", states=("signed", "running", "ended"), too_late="Le titre n’est pas encore signé."
    ),
    "leases.revalue": member("landlord"),
    # tfpb
    "tfpb.list": SIGNED_IN,
    "tfpb.show": SIGNED_IN,
    "tfpb.create": member(kinds=("social_landlord",)),
    "tfpb.edit": member("landlord"),
    "tfpb.value": member("landlord"),
    # relocation
    "relocation.list": SIGNED_IN,
    "relocation.show": SIGNED_IN,
    "relocation.act": member("landlord", states=("open",), too_late="Ce parcours est clos : l’issue est enregistrée."),
    "relocation.answer": member("tenant", states=("open",), too_late="Ce parcours est clos."),
    "relocation.follow_up": member("landlord"),
}

POLICY = Policy(TABLE)
