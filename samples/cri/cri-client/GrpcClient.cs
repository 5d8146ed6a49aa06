using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Samehost.Samples.Cri;

/// <summary>Unary gRPC calls over an HTTP client. Other programs should use Grpc.Net.Client with the same handler.</summary>
internal static class GrpcClient
{
    /// <summary>Calls a method.</summary>
    /// <exception cref="GrpcException">The call failed.</exception>
    public static async Task<TResponse> CallAsync<TResponse>(
        HttpClient http, string method, IMessage request, MessageParser<TResponse> parser, CancellationToken cancellationToken = default)
        where TResponse : IMessage<TResponse>
    {
        using var call = new HttpRequestMessage(HttpMethod.Post, "/" + method)
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
            Content = new ByteArrayContent(GrpcFrame.Write(request)),
        };
        call.Content.Headers.ContentType = new MediaTypeHeaderValue(GrpcFrame.ContentType);
        call.Headers.TE.Add(new TransferCodingWithQualityHeaderValue("trailers"));

        using var response = await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode != HttpStatusCode.OK)
            throw new GrpcException(GrpcStatus.Unknown, $"the server answered {(int)response.StatusCode} instead of gRPC");
        await using var body = await response.Content.ReadAsStreamAsync(cancellationToken);
        if (response.Headers.Contains("grpc-status"))
            throw Failure(response.Headers) ?? new GrpcException(GrpcStatus.Unknown, "the call ended well, without an answer");

        // The status follows the message in the trailers.
        using var message = new MemoryStream();
        await body.CopyToAsync(message, cancellationToken);
        message.Position = 0;
        if (Failure(response.TrailingHeaders) is { } failure)
            throw failure;
        return await GrpcFrame.ReadAsync(message, parser, cancellationToken);
    }

    private static GrpcException? Failure(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("grpc-status", out var status))
            return new GrpcException(GrpcStatus.Unknown, "the answer broke off before its outcome");
        var number = (GrpcStatus)int.Parse(status.First(), CultureInfo.InvariantCulture);
        var text = headers.TryGetValues("grpc-message", out var message) ? Uri.UnescapeDataString(message.First()) : "no reason given";
        return number == GrpcStatus.Ok ? null : new GrpcException(number, text);
    }
}

/// <summary>The error status of a call.</summary>
internal sealed class GrpcException(GrpcStatus status, string message) : Exception($"{message} (gRPC status {(int)status})")
{
    public GrpcStatus Status { get; } = status;
}
