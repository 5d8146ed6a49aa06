using System.Text;
using Google.Protobuf;

namespace Samehost.Samples.Cri;

/// <summary>Unary gRPC calls over plain routing. A real service would add Grpc.AspNetCore for this, and for all the rest.</summary>
internal static class GrpcService
{
    public static void MapUnary<TRequest, TResponse>(
        this IEndpointRouteBuilder app, string method, MessageParser<TRequest> parser, Func<HttpContext, TRequest, TResponse> handle)
        where TRequest : IMessage<TRequest>
        where TResponse : IMessage =>
        app.MapPost("/" + method, async (HttpContext http) =>
        {
            TResponse answer;
            try
            {
                answer = handle(http, await GrpcFrame.ReadAsync(http.Request.Body, parser, http.RequestAborted));
            }
            catch (Exception error) when (error is InvalidDataException or InvalidProtocolBufferException)
            {
                Fail(http, GrpcStatus.Internal, error.Message);
                return;
            }

            // The status follows the message: a caller accepts no response without it.
            http.Response.ContentType = GrpcFrame.ContentType;
            await http.Response.Body.WriteAsync(GrpcFrame.Write(answer), http.RequestAborted);
            http.Response.AppendTrailer("grpc-status", $"{(int)GrpcStatus.Ok}");
        });

    /// <summary>Answers calls of unknown methods.</summary>
    public static void MapUnknownMethods(this IEndpointRouteBuilder app) =>
        app.MapFallback((HttpContext http) => Fail(http, GrpcStatus.Unimplemented, $"there is no {http.Request.Path}"));

    // A failure without a message has its status in the headers; the HTTP status is still 200.
    private static void Fail(HttpContext http, GrpcStatus status, string message)
    {
        http.Response.ContentType = GrpcFrame.ContentType;
        http.Response.Headers["grpc-status"] = $"{(int)status}";
        http.Response.Headers["grpc-message"] = Escape(message);
    }

    // gRPC's percent encoding leaves all that can be printed as it is, but the percent sign.
    private static string Escape(string text) => string.Concat(
        Encoding.UTF8.GetBytes(text).Select(b => b is >= 0x20 and <= 0x7e and not (byte)'%' ? $"{(char)b}" : $"%{b:X2}"));
}
