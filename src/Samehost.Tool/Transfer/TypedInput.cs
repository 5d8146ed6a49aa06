using Samehost.Programs;
using Samehost.Programs.Interop;
using Samehost.Tool.Commands;

namespace Samehost.Tool.Transfer;

/// <summary>Standard input, unless it was closed when we were started.</summary>
internal static class TypedInput
{
    public static ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken stop) =>
        GivenDescriptors.Has(StandardDescriptors.Input)
            ? StandardInput.ReadAsync(buffer, stop)
            : throw new ToolException("standard input is closed: give it something to read, as in < /dev/null");
}
