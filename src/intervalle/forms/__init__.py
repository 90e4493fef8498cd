"""Forms that speak French and keep what was typed. Values come out in the house's units.

Money is typed in euros and read as integer cents; areas and numbers accept a comma; dates are civil dates; an instant
is typed as Paris time and read with its time zone. A field that cannot be read says what it expects.
"""

from wtforms.validators import InputRequired, Length, Optional, ValidationError

from intervalle.forms.base import MISSING, Form, LongText, Text, at_most, between, required
from intervalle.forms.choices import Choice, Choices, Radio, Tri, YesNo
from intervalle.forms.typed import Area, Day, DecimalNumber, Euros, Instant, Whole, cents

__all__ = [
    "MISSING", "Area", "Choice", "Choices", "Day", "DecimalNumber", "Euros", "Form", "InputRequired", "Instant", "Length",
    "LongText", "Optional", "Radio", "Text", "Tri", "ValidationError", "Whole", "YesNo", "at_most", "between", "cents", "required",
]  # fmt: skip
