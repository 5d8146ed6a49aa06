Console.Error.WriteLine("usage: Samehost.WebPeer serve|load …");
return 2;
