namespace Samehost.Samples.Cri;

/// <summary>How a call ended: the numbers of gRPC, as far as these samples use them.</summary>
internal enum GrpcStatus
{
    Ok = 0,
    Unknown = 2,
    Unimplemented = 12,
    Internal = 13,
}
