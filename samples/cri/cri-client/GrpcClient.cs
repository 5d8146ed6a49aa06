using System.Globalization;
using System.Net;
using System.Net.Http.Headers;
using Google.Protobuf;

namespace Samehost.Samples.Cri;

/// <summary>Unary gRPC calls over an HTTP client. A real program would have Grpc.Net.Client for this, on the same handler.</summary>
internal static class GrpcClient
{
    /// <exception cref="GrpcException">The server did not answer, and may have said why.</exception>
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

        using var answer = await http.SendAsync(call, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (answer.StatusCode != HttpStatusCode.OK)
            throw new GrpcException(GrpcStatus.Unknown, $"the server answered {(int)answer.StatusCode} instead of gRPC");
        await using var body = await answer.Content.ReadAsStreamAsync(cancellationToken);
        if (answer.Headers.Contains("grpc-status"))
            throw Failure(answer.Headers) ?? new GrpcException(GrpcStatus.Unknown, "the call ended well, without an answer");

        // The outcome comes behind the message, and only then is known that it is one.
        using var message = new MemoryStream();
        await body.CopyToAsync(message, cancellationToken);
        message.Position = 0;
        if (Failure(answer.TrailingHeaders) is { } failure)
            throw failure;
        return await GrpcFrame.ReadAsync(message, parser, cancellationToken);
    }

    private static GrpcException? Failure(HttpResponseHeaders headers)
    {
        if (!headers.TryGetValues("grpc-status", out var status))
            return new GrpcException(GrpcStatus.Unknown, "the answer broke off before its outcome");
        var number = (GrpcStatus)int.Parse(status.First(), CultureInfo.InvariantCulture);
        string text = headers.TryGetValues("grpc-message", out var message) ? Uri.UnescapeDataString(message.First()) : "no reason given";
        return number == GrpcStatus.Ok ? null : new GrpcException(number, text);
    }
}
