namespace Samehost.Tool.Serving;

/// <summary>What the man page says of <c>samehost serve</c> beyond its options.</summary>
internal static class ServeManual
{
    public static IReadOnlyList<string> Paragraphs { get; } =
    [
        "Without --echo, --exec or --keep it serves one client by hand and ends with it; others find the address gone. With --keep "
        + "standard input goes to every client that is there, and what they say is printed as it comes.",
        "A program of --exec has the connection as its standard input and output, standard error is the server's, and it finds who calls "
        + "in its environment, by the convention of UCSPI: PROTO (IPC), IPCREMOTEPID, IPCREMOTEEUID and IPCREMOTEEGID as the kernel tells "
        + "them, IPCLOCALPATH, and IPCREMOTEPATH if the client has a name.",
        "A socket file has mode 0600 from its first moment. Others need both: a --mode (and perhaps --group) that lets them reach the "
        + "file, and --allow that lets them be served. A stale file is replaced; nothing else ever is.",
        "Ctrl+C, SIGTERM and SIGHUP end it in order: the address is removed, what has arrived is answered, programs may go on for --drain "
        + "and are ended then. The exit status is 0. A second signal within 100 ms is the same request, a later one ends it at once.",
        "With --take-over a server waits at ADDRESS.take-over for a successor that is started the same way, and gives its listening socket "
        + "to it; clients notice nothing. It then serves those whom it has, and ends.",
        "With seqpacket and datagrams each record is one line, both ways. Lines of standard input go to who sent the last datagram.",
    ];
}
