using System.Buffers.Binary;
using Google.Protobuf;

namespace Samehost.Samples.Cri;

/// <summary>A message as gRPC carries it: one byte for "compressed", four for the length, and Protocol Buffers.</summary>
internal static class GrpcFrame
{
    public const string ContentType = "application/grpc";
    private const int PrefixLength = 5;
    private const int MostBytes = 4 * 1024 * 1024; // what gRPC takes by default

    public static byte[] Write(IMessage message)
    {
        byte[] frame = new byte[PrefixLength + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - PrefixLength);
        message.WriteTo(frame.AsSpan(PrefixLength));
        return frame;
    }

    /// <exception cref="InvalidDataException">It is not exactly one message.</exception>
    public static async Task<T> ReadAsync<T>(Stream body, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        byte[] prefix = new byte[PrefixLength];
        if (await body.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, cancellationToken) < PrefixLength)
            throw new InvalidDataException("There is no message.");
        if (prefix[0] != 0)
            throw new InvalidDataException("The message is compressed, although no compression was offered.");
        uint length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > MostBytes)
            throw new InvalidDataException($"The message has {length} bytes, and {MostBytes} is the limit.");
        byte[] message = new byte[length];
        if (await body.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellationToken) < length)
            throw new InvalidDataException("The message is cut off.");
        if (await body.ReadAsync(prefix, cancellationToken) > 0)
            throw new InvalidDataException("There is more than one message.");
        return parser.ParseFrom(message);
    }
}
