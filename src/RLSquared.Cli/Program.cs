using RLSquared.Cli;

using Terminal terminal = Terminal.OfProcess();
return Cli.Run(args, terminal);
