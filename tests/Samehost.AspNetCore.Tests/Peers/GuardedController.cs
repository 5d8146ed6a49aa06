using Microsoft.AspNetCore.Authorization;
using Microsoft.AspNetCore.Mvc;

namespace Samehost.AspNetCore.Tests.Peers;

/// <summary>Actions with and without a policy.</summary>
[Route("/controller")]
public sealed class GuardedController : ControllerBase
{
    [HttpGet("open")]
    public string Open() => "open";

    [HttpGet("ours")]
    [Authorize("ours")]
    public string Ours() => "ours";

    [HttpGet("theirs")]
    [Authorize("theirs")]
    public string Theirs() => "theirs";
}
