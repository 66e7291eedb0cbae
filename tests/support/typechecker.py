"""How annotations are checked in tests: types by beartype, with jaxtyping around it where the shape of an array is named.

jaxtyping binds the arguments of every call anew, which takes twenty times what beartype takes: half the time of a test that
draws many labels.
"""

from functools import partial
from types import FunctionType

import jaxtyping
from beartype import BeartypeConf, beartype

# An int is a float, as type checkers have it, and a wrong type a TypeError, as in Python and from jaxtyping.
checked = beartype(conf=BeartypeConf(is_pep484_tower=True, violation_type=TypeError))
_with_shapes = jaxtyping.jaxtyped


def where_shapes_are_named(of=None, *, typechecker):
    """jaxtyping's `jaxtyped`, for a function that names a shape or a class; `checked` for any other function."""
    if of is None:
        return partial(where_shapes_are_named, typechecker=typechecker)
    if isinstance(of, FunctionType) and "jaxtyping." not in str(of.__annotations__):
        return checked(of)
    return _with_shapes(of, typechecker=typechecker)
