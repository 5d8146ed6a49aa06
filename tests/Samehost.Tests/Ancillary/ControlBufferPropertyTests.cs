using System.Runtime.InteropServices;
using FsCheck;
using FsCheck.Fluent;
using Samehost.Ancillary;
using Samehost.Interop;
using Xunit;

namespace Samehost.Tests.Ancillary;

public sealed class ControlBufferPropertyTests
{
    // No descriptor of this process has such a number, so a test can close every number that it reads.
    private const int UnusedNumber = 1_000_000;

    private static Gen<byte[]> Bytes(int most) =>
        Gen.Choose(0, most).SelectMany(length => Gen.Choose(0, 255).Select(n => (byte)n).ArrayOf(length));

    private static Gen<int[]> Numbers => Gen.Choose(0, 300).SelectMany(count =>
        Gen.Frequency((9, Gen.Choose(UnusedNumber, int.MaxValue)), (1, Gen.Choose(int.MinValue, -1))).ArrayOf(count));

    /// <summary>One message; its length is right, or too short, or past any end, and its last word may be cut.</summary>
    private static Gen<byte[]> Message =>
        from level in Gen.Frequency((5, Gen.Constant(ControlLayout.SOL_SOCKET)), (1, Gen.Choose(-5, 50)))
        from type in Gen.Choose(-1, 6)
        from numbers in Numbers
        from cut in Gen.Choose(0, 3)
        from length in Gen.Frequency(
            (6, Gen.Constant(0)), (1, Gen.Choose(-100, 15)), (1, Gen.Choose(1_000_000, int.MaxValue)))
        select Encode(level, type, MemoryMarshal.AsBytes<int>(numbers)[..Math.Max(0, numbers.Length * 4 - cut)], length);

    private static Gen<byte[]> Buffer =>
        from messages in Message.ListOf()
        from end in Gen.Choose(0, 40)
        select messages.SelectMany(m => m).ToArray() is var all ? all[..Math.Max(0, all.Length - end)] : [];

    private static Gen<DescriptorOptions?> Wanted =>
        from count in Gen.Choose(0, 253)
        from kinds in Gen.Choose(0, 127)
        select count == 0 ? null : new DescriptorOptions { MaxCount = count, Kinds = (DescriptorKinds)kinds };

    [Fact]
    public void A_reader_of_arbitrary_bytes_ends_and_stays_inside_the_buffer() => Prop.ForAll(Bytes(200).ToArbitrary(), bytes =>
    {
        var reader = new ControlReader(bytes);
        var messages = 0;
        var payload = 0;
        while (reader.MoveNext())
        {
            messages++;
            payload += reader.Payload.Length;
        }

        return messages * ControlLayout.HeaderSize + payload <= bytes.Length;
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Arbitrary_control_buffers_do_not_crash_and_yield_at_most_what_was_requested() => Prop.ForAll(
        Buffer.ToArbitrary(), Wanted.ToArbitrary(), Gen.Elements(0, LibcMessage.MSG_CTRUNC).ToArbitrary(), (buffer, wanted, flags) =>
    {
        var result = ControlReceiver.Read(buffer, flags, wanted);
        using var descriptors = result.Descriptors;
        result.PidFd?.Dispose();
        return descriptors.Count <= (wanted?.MaxCount ?? 0)
            && (result.Loss == DescriptorLoss.None || descriptors.Count == 0)
            && (wanted is null || flags == 0 || result.Loss is DescriptorLoss.OutOfDescriptors or DescriptorLoss.TooMany);
    }).QuickCheckThrowOnFailure();

    [Fact]
    public void Written_bytes_are_read_back() => Prop.ForAll(
        Numbers.Where(n => n.Length <= ControlLayout.MostDescriptors).ToArbitrary(),
        Gen.Choose(0, int.MaxValue).Three().ToArbitrary(),
        (numbers, ids) =>
    {
        var buffer = new byte[ControlLayout.Space(numbers.Length * sizeof(int)) + ControlLayout.Space(12)];
        var writer = new ControlWriter(buffer);
        writer.AddDescriptors(numbers);
        writer.AddCredentials(new UCred { Pid = ids.Item1, Uid = (uint)ids.Item2, Gid = (uint)ids.Item3 });
        if (writer.Written.Length != buffer.Length)
            return false;
        var reader = new ControlReader(writer.Written);
        var first = reader.MoveNext() && (reader.Level, reader.Type) == (ControlLayout.SOL_SOCKET, ControlLayout.SCM_RIGHTS)
            && MemoryMarshal.Cast<byte, int>(reader.Payload).SequenceEqual(numbers);
        var second = reader.MoveNext() && (reader.Level, reader.Type) == (ControlLayout.SOL_SOCKET, ControlLayout.SCM_CREDENTIALS)
            && reader.Payload.Length == 12;
        var back = MemoryMarshal.Read<UCred>(reader.Payload);
        return first && second && (back.Pid, (int)back.Uid, (int)back.Gid) == ids && !reader.MoveNext();
    }).QuickCheckThrowOnFailure();

    /// <param name="level">The level.</param>
    /// <param name="type">The type.</param>
    /// <param name="payload">What is in it.</param>
    /// <param name="length">The length in the header; 0 for the right one.</param>
    internal static byte[] Encode(int level, int type, ReadOnlySpan<byte> payload, nint length = 0)
    {
        var message = new byte[ControlLayout.Space(payload.Length)];
        MemoryMarshal.Write(message, length == 0 ? ControlLayout.HeaderSize + payload.Length : length);
        MemoryMarshal.Write(message.AsSpan(nint.Size), level);
        MemoryMarshal.Write(message.AsSpan(nint.Size + sizeof(int)), type);
        payload.CopyTo(message.AsSpan(ControlLayout.HeaderSize));
        return message;
    }
}
