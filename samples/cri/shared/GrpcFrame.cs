using System.Buffers.Binary;
using Google.Protobuf;

namespace Samehost.Samples.Cri;

/// <summary>The format of a gRPC message: one byte for "compressed", four for the length, and Protocol Buffers.</summary>
internal static class GrpcFrame
{
    public const string ContentType = "application/grpc";
    private const int PrefixLength = 5;
    private const int MaxLength = 4 * 1024 * 1024; // the default limit of gRPC

    public static byte[] Write(IMessage message)
    {
        var frame = new byte[PrefixLength + message.CalculateSize()];
        BinaryPrimitives.WriteInt32BigEndian(frame.AsSpan(1), frame.Length - PrefixLength);
        message.WriteTo(frame.AsSpan(PrefixLength));
        return frame;
    }

    /// <summary>Reads the single message of a body.</summary>
    /// <exception cref="InvalidDataException">The body is not exactly one message.</exception>
    public static async Task<T> ReadAsync<T>(Stream body, MessageParser<T> parser, CancellationToken cancellationToken)
        where T : IMessage<T>
    {
        var prefix = new byte[PrefixLength];
        if (await body.ReadAtLeastAsync(prefix, PrefixLength, throwOnEndOfStream: false, cancellationToken) < PrefixLength)
            throw new InvalidDataException("There is no message.");
        if (prefix[0] != 0)
            throw new InvalidDataException("The message is compressed, although compression was not offered.");
        var length = BinaryPrimitives.ReadUInt32BigEndian(prefix.AsSpan(1));
        if (length > MaxLength)
            throw new InvalidDataException($"The message has {length} bytes, and {MaxLength} is the limit.");
        var message = new byte[length];
        if (await body.ReadAtLeastAsync(message, message.Length, throwOnEndOfStream: false, cancellationToken) < length)
            throw new InvalidDataException("The message is cut off.");
        if (await body.ReadAsync(prefix, cancellationToken) > 0)
            throw new InvalidDataException("There is more than one message.");
        return parser.ParseFrom(message);
    }
}

/// <summary>The gRPC status codes that these samples use.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    Unknown = 2,
    Unimplemented = 12,
    Internal = 13,
}
