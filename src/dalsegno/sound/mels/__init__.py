"""The mel scales on which published work stands, and the filters that lie evenly on each: Slaney's and Kaldi's."""
