"""A pytest plugin for runs on mutants: a failing example is enough, the smallest one is not wanted."""

from hypothesis import Phase, settings

settings.register_profile(
    "mutation", deadline=None, derandomize=True, database=None, phases=(Phase.explicit, Phase.generate)
)
