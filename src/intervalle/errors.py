"""What can go wrong for a person, each with a French sentence and a way out. The exception table is in `app.py`."""


class Problem(Exception):
    """A refusal a person can understand. `sentence` says why, `way_out` what to do next."""

    status = 500

    def __init__(self, sentence: str, way_out: str = "") -> None:
        super().__init__(sentence)
        self.sentence = sentence
        self.way_out = way_out


class NotFound(Problem):
    """Absent, or not visible to this person: the two are told apart by nobody."""

    status = 404

    def __init__(
        self, sentence: str = "Cette page n’existe pas, ou ne vous est pas ouverte.", way_out: str = ""
    ) -> None:
        super().__init__(sentence, way_out)


class Forbidden(Problem):
    """Visible, but this act is not for this person or not in this state."""

    status = 403


class Refused(Problem):
    """A verb refuses: the state of the world does not allow the act (409)."""

    status = 409


class TooMany(Problem):
    """Throttled (429)."""

    status = 429


class BadRequest(Problem):
    """The request itself is malformed (400)."""

    status = 400


class SignInNeeded(Problem):
    """Nobody is signed in (or the second factor is missing): show the way in, keep what was typed."""

    status = 401

    def __init__(self, sentence: str = "Connectez-vous pour continuer.", second_factor: bool = False) -> None:
        super().__init__(sentence)
        self.second_factor = second_factor


class Answered(Exception):
    """The answer is already made (the sign-in page, drawn while the typed form could still be read)."""

    def __init__(self, response: object) -> None:
        super().__init__("answered")
        self.response = response


class Invalid(Exception):
    """A form was refused (422). Carries the page, already drawn while the transaction was open."""

    def __init__(self, html: str) -> None:
        super().__init__("422")
        self.html = html
