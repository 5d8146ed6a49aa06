using System.Text;
using Google.Protobuf;

namespace Samehost.Samples.Cri;

/// <summary>Unary gRPC calls by routing. Other services should use Grpc.AspNetCore.</summary>
internal static class GrpcService
{
    public static void MapUnary<TRequest, TResponse>(
        this IEndpointRouteBuilder app, string method, MessageParser<TRequest> parser, Func<HttpContext, TRequest, TResponse> handle)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage =>
        app.MapPost("/" + method, async (HttpContext http) =>
        {
            TResponse response;
            try
            {
                response = handle(http, await GrpcFrame.ReadAsync(http.Request.Body, parser, http.RequestAborted));
            }
            catch (Exception error) when (error is InvalidDataException or InvalidProtocolBufferException)
            {
                Fail(http, GrpcStatus.Internal, error.Message);
                return;
            }

            // The status follows the message in the trailers, without which the response is incomplete.
            http.Response.ContentType = GrpcFrame.ContentType;
            await http.Response.Body.WriteAsync(GrpcFrame.Write(response), http.RequestAborted);
            http.Response.AppendTrailer("grpc-status", $"{(int)GrpcStatus.Ok}");
        });

    /// <summary>Responds to all other methods with the status UNIMPLEMENTED.</summary>
    public static void MapUnknownMethods(this IEndpointRouteBuilder app) =>
        app.MapFallback((HttpContext http) => Fail(http, GrpcStatus.Unimplemented, $"there is no {http.Request.Path}"));

    // A response without a message has its status in the headers; the HTTP status is 200.
    private static void Fail(HttpContext http, GrpcStatus status, string message)
    {
        http.Response.ContentType = GrpcFrame.ContentType;
        http.Response.Headers["grpc-status"] = $"{(int)status}";
        http.Response.Headers["grpc-message"] = Escape(message);
    }

    // gRPC's percent-encoding keeps printable ASCII characters except the percent sign.
    private static string Escape(string text) => string.Concat(
        Encoding.UTF8.GetBytes(text).Select(b => b is >= 0x20 and <= 0x7e and not (byte)'%' ? $"{(char)b}" : $"%{b:X2}"));
}
