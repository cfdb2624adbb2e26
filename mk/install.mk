# SPDX-License-Identifier: GPL-2.0
#
# install.mk - `make install`: library, headers, the command, packetdrill's object, every
# image that is built, man pages; `make uninstall` takes them away again

# What libos.so says to find images in: $(LIBDIR)/libos, see LIBOS_IMAGE_DIR
D = $(DESTDIR)

install: all FORCE
	install -d $(D)$(LIBDIR)/libos $(D)$(LIBDIR)/pkgconfig $(D)$(PREFIX)/include $(D)$(MANDIR)/man3 \
		$(D)$(MANDIR)/man1 $(D)$(MANDIR)/man7 $(D)$(BINDIR) $(D)$(LIBEXECDIR)/libos
	install -m 755 build/nuse $(D)$(BINDIR)/
	install -m 755 build/nuse-exec $(D)$(LIBEXECDIR)/libos/
	install -m 644 doc/man/nuse.1 $(D)$(MANDIR)/man1/
	install -m 644 build/libos-packetdrill.so $(D)$(LIBDIR)/libos/
	install -m 644 doc/man/libos-packetdrill.7 $(D)$(MANDIR)/man7/
	install -m 644 $(sort $(wildcard build/liblinux-*.so) $(IMAGE)) $(D)$(LIBDIR)/libos/
	install -m 644 build/libos.so $(D)$(LIBDIR)/libos.so.$(VERSION)
	ln -sf libos.so.$(VERSION) $(D)$(LIBDIR)/libos.so.$(SOVERSION)
	ln -sf libos.so.$(SOVERSION) $(D)$(LIBDIR)/libos.so
	install -m 644 build/libos.a $(D)$(LIBDIR)/
	install -m 644 build/libos.pc $(D)$(LIBDIR)/pkgconfig/
	install -m 644 include/libos.h include/lib_contract.h $(D)$(PREFIX)/include/
	mk/install-man doc/man $(D)$(MANDIR)/man3
	@# What programs find libos.so by
	@[ -n "$(D)" ] || [ "$$(id -u)" != 0 ] || PATH=$$PATH:/sbin ldconfig

# Directories stay, but for those of our own
uninstall: FORCE
	rm -f $(D)$(BINDIR)/nuse $(D)$(LIBEXECDIR)/libos/nuse-exec $(D)$(LIBDIR)/libos/liblinux-*.so \
		$(D)$(LIBDIR)/libos/libos-packetdrill.so $(D)$(MANDIR)/man7/libos-packetdrill.7 \
		$(D)$(LIBDIR)/libos.so* $(D)$(LIBDIR)/libos.a $(D)$(LIBDIR)/pkgconfig/libos.pc \
		$(D)$(PREFIX)/include/libos.h $(D)$(PREFIX)/include/lib_contract.h \
		$(D)$(MANDIR)/man1/nuse.1 $(D)$(MANDIR)/man3/libos.3 $(D)$(MANDIR)/man3/libos_*.3
	rmdir $(D)$(LIBEXECDIR)/libos $(D)$(LIBDIR)/libos
	@[ -n "$(D)" ] || [ "$$(id -u)" != 0 ] || PATH=$$PATH:/sbin ldconfig
