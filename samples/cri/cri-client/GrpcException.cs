namespace Samehost.Samples.Cri;

/// <summary>A call that the server answered with a failure.</summary>
internal sealed class GrpcException(GrpcStatus status, string message) : Exception($"{message} (gRPC status {(int)status})")
{
    public GrpcStatus Status { get; } = status;
}
