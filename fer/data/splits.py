"""Splits that keep equal faces, and the faces of one person, together."""

import numpy as np
import pandas as pd
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

TEST_FRACTION = 0.2
TEST_SPLITS = ("test", "public_test", "private_test")
"""The splits that only measure: `test`, and the two that it includes."""

AS_GIVEN = "as given by folders and file names"
"""The rule where no split is missing."""


def held_out(labels: pd.Series, groups: pd.Series, *, fraction: float, seed: int) -> np.ndarray:
    """Choose about a fraction of every class, whole groups at a time.

    Args:
        labels: Class of each face, length n.
        groups: What must stay together, such as the content hash, length n.
        fraction: Share to choose, 0–1; at least one group of a class that has two.
        seed: Seed of the choice.

    Returns:
        Shape (n,), bool: whether the face was chosen.
    """
    group, _ = pd.factorize(groups, sort=True)  # as numbers: a million hashes take 128 MB
    _, first, faces = np.unique(group, return_index=True, return_counts=True)
    label_of_group = labels.iloc[first].to_numpy(str)
    chosen = np.zeros(len(first), bool)
    rng = np.random.default_rng(seed)
    for label in np.unique(label_of_group):
        members = np.flatnonzero(label_of_group == label)
        members = members[rng.permutation(len(members))]
        faces_before = np.cumsum(faces[members]) - faces[members]
        count = int((faces_before < round(fraction * faces[members].sum())).sum())
        if fraction > 0 and len(members) > 1:
            count = min(max(count, 1), len(members) - 1)
        chosen[members[:count]] = True
    return chosen[group]


def together(index: pd.DataFrame) -> pd.Series:
    """Groups that a split must not separate: equal faces, and all faces of one person.

    Args:
        index: With `hash` and `subject` ("" where the person is not known).

    Returns:
        The group of each face: its hash if no person is known, else a number.
    """
    named = (index["subject"] != "").to_numpy()
    if not named.any():
        return index["hash"]
    faces, _ = pd.factorize(index["hash"])
    people, _ = pd.factorize(index["subject"][named])
    edges = (faces[named], people + faces.max() + 1)
    nodes = faces.max() + people.max() + 2
    links = coo_array((np.ones(len(people), bool), edges), shape=(nodes, nodes))
    _, groups = connected_components(links, directed=False)
    return pd.Series(groups[faces], index=index.index)


def assign_missing(index: pd.DataFrame, *, validation_fraction: float, seed: int) -> str:
    """Fill in missing splits, in place.

    A row without a split goes to a stratified test split or to train; beside a test that is given,
    always to train. A data set without a validation split gets a stratified one out of train.
    Equal faces stay together, and so do the faces of one person, if persons are known.

    Args:
        index: With columns `label`, `hash`, `subject` and `split` (empty where there is none).
        validation_fraction: Share of train to hold out, 0–1.
        seed: Seed of the choice.

    Returns:
        The rule in a sentence, for the card.
    """
    rules = []
    groups = together(index)
    people = " and persons" if (index["subject"] != "").any() else ""
    method = f"stratified, seed {seed}, equal faces{people} kept together"
    none = "no class has two different images to hold one out"
    unsplit = (index["split"] == "").to_numpy()
    if unsplit.any() and index["split"].isin(TEST_SPLITS).any():
        index.loc[unsplit, "split"] = "train"
        rules.append(f"{AS_GIVEN}; what is in no part is for training")
    elif unsplit.any():
        rows = index[unsplit]
        test = held_out(rows["label"], groups[unsplit], fraction=TEST_FRACTION, seed=seed)
        index.loc[unsplit, "split"] = np.where(test, "test", "train")
        rules.append(f"{TEST_FRACTION:.0%} held out as test, {method}" if test.any() else none)
    else:
        rules.append(AS_GIVEN)
    train = (index["split"] == "train").to_numpy()
    if train.any() and validation_fraction > 0 and not (index["split"] == "validation").any():
        rows = index[train]
        chosen = held_out(rows["label"], groups[train], fraction=validation_fraction, seed=seed)
        index.loc[train, "split"] = np.where(chosen, "validation", "train")
        rule = f"validation is {validation_fraction:.0%} of train, {method}"
        rules.append(rule if chosen.any() else none)
    return "; ".join(dict.fromkeys(rules))
