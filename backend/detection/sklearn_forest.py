"""To and from a real `sklearn.ensemble.IsolationForest`: it fits a packed forest, or takes one over."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import IsolationForest
from sklearn.tree._tree import NODE_DTYPE, TREE_LEAF, TREE_UNDEFINED, Tree

from backend.detection.packed_forest import (
    COUNT,
    LARGEST_SUBSAMPLE,
    LEAF,
    PackedForest,
    Words,
    average_path_length,
    node_words,
    rounded_down,
    words_nodes,
)

FloatArray = NDArray[np.float64]


def fitted(rows: FloatArray, trees: int, subsample: int, seed: int) -> PackedForest:
    """scikit-learn's own forest of ``trees`` trees on float64[n, features], packed; compare `grow.grow`."""
    return pack(IsolationForest(n_estimators=trees, max_samples=subsample, random_state=seed).fit(rows))


def pack(forest: IsolationForest) -> PackedForest:
    """Pack a fitted scikit-learn forest on at most 15 features.

    Raises ValueError where its trees were grown on more than LARGEST_SUBSAMPLE readings each.
    """
    if forest.max_samples_ > LARGEST_SUBSAMPLE:
        raise ValueError(f"trees of {forest.max_samples_} readings; allowed: up to {LARGEST_SUBSAMPLE}")
    nodes, roots = [], []
    for estimator in forest.estimators_:
        tree = estimator.tree_
        inner = tree.children_left >= 0
        places = np.cumsum(inner) - 1
        left, right = (
            np.where(inner[children], places[children] - places[inner], LEAF | tree.n_node_samples[children])
            for children in (tree.children_left[inner], tree.children_right[inner])
        )
        nodes.append(node_words(rounded_down(tree.threshold[inner]), tree.feature[inner], left, right))
        roots.append(0 if inner[0] else LEAF | tree.n_node_samples[0])
    sizes = [len(tree) for tree in nodes]
    return PackedForest(
        nodes=np.concatenate(nodes),
        starts=np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32),
        roots=np.array(roots, dtype=np.uint16),
        samples=int(forest.max_samples_),
        verdict_threshold=-float(forest.offset_),
    )


def to_sklearn(packed: PackedForest, features: int) -> IsolationForest:
    """The same forest with the same scores, on rows of ``features`` columns.

    ``predict`` says -1 above the packed forest's verdict threshold. What scikit-learn keeps of the training
    itself (its random state, which readings each tree was given) is in no packed forest, and says nothing.
    """
    forest = IsolationForest(n_estimators=len(packed.roots), max_samples=packed.samples, random_state=0)
    forest.fit(np.zeros((packed.samples, features)))
    ends = [*packed.starts[1:].tolist(), len(packed.nodes)]
    for estimator, root, start, end in zip(
        forest.estimators_, packed.roots.tolist(), packed.starts.tolist(), ends, strict=True
    ):
        estimator.tree_ = _tree(packed.nodes[start:end], root, features)
    trees = [estimator.tree_ for estimator in forest.estimators_]
    # What `fit` computes of the trees for score_samples.
    forest._average_path_length_per_tree = tuple(average_path_length(tree.n_node_samples) for tree in trees)
    forest._decision_path_lengths = tuple(tree.compute_node_depths() for tree in trees)
    forest.offset_ = -packed.verdict_threshold
    return forest


def _tree(words: Words, root: int, features: int) -> Tree:
    """The tree in scikit-learn's order: a node, all that is left of it, all that is right of it."""
    thresholds, columns, left, right = words_nodes(words)
    nodes = np.zeros(2 * len(words) + 1, dtype=NODE_DTYPE)
    # What waits: its reference, its parent's place in words and in nodes, the side of that, its depth.
    waiting: list[tuple[int, int, int, str, int]] = [(root, 0, -1, "", 0)]
    deepest = 0
    for number in range(len(nodes)):
        reference, place, parent, side, depth = waiting.pop()
        deepest = max(deepest, depth)
        node = nodes[number]
        if side:
            nodes[parent][side] = number
        if reference & LEAF:
            node["left_child"] = node["right_child"] = TREE_LEAF
            node["feature"], node["threshold"] = TREE_UNDEFINED, TREE_UNDEFINED
            node["n_node_samples"] = reference & int(COUNT)
            continue
        place += reference
        node["feature"], node["threshold"] = columns[place], thresholds[place]
        waiting.append((int(right[place]), place, number, "right_child", depth + 1))
        waiting.append((int(left[place]), place, number, "left_child", depth + 1))
    _count(nodes)
    tree = Tree(features, np.array([1]), 1)
    state = {"max_depth": deepest, "node_count": len(nodes), "nodes": nodes}
    tree.__setstate__(state | {"values": np.zeros((len(nodes), 1, 1))})
    return tree


def _count(nodes: Any) -> None:
    """Every inner node holds what its children do; children come after their parents."""
    for node in nodes[::-1]:
        if node["left_child"] != TREE_LEAF:
            children = nodes[[node["left_child"], node["right_child"]]]
            node["n_node_samples"] = children["n_node_samples"].sum()
        node["weighted_n_node_samples"] = node["n_node_samples"]
