using System.Threading.Tasks.Sources;

namespace Samehost.AspNetCore.Transport;

/// <summary>An end of a pipe, which waits itself: its <see cref="PipeWait{TResult}"/> is a part of it, and its lock the object.</summary>
internal interface IWaitingEnd<TResult> : IValueTaskSource<TResult>
{
    /// <summary>The wait's token was cancelled.</summary>
    void Cancel(CancellationToken token);
}
