"""Ask the processor for memory before it is needed: LLVM's prefetch, for compiled loops."""

from __future__ import annotations

from typing import Any

from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

_READ, _KEEP_CLOSE, _DATA = 0, 3, 1


def _prefetch(_: Any, array: Any, index: Any) -> Any:
    def generate(context: Any, builder: Any, signature: Any, arguments: Any) -> Any:
        data = context.make_array(signature.args[0])(context, builder, arguments[0]).data
        address = builder.bitcast(builder.gep(data, [arguments[1]]), ir.IntType(8).as_pointer())
        word = ir.IntType(32)
        kind = ir.FunctionType(ir.VoidType(), [address.type, word, word, word])
        declared: Any = cgutils.get_or_insert_function
        function = declared(builder.module, kind, "llvm.prefetch.p0i8")
        builder.call(function, [address, *(word(flag) for flag in (_READ, _KEEP_CLOSE, _DATA))])
        return context.get_dummy_value()

    return types.void(array, index), generate


prefetch: Any = intrinsic(_prefetch)
"""``prefetch(array, index)``: bring the line of ``array[index]``, a whole number from 0, into the cache.

Nothing happens for a place that is not there. Callable from compiled code alone.
"""
